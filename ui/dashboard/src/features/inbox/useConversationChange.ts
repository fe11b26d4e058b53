import { type InfiniteData } from "@tanstack/react-query";
import { type Conversation, type ConversationChange, changeConversation } from "@/api/conversations";
import { keys } from "@/api/keys";
import type { ListPage } from "@/api/list";
import { useOptimistic } from "@/hooks/useOptimistic";

interface Change {
  id: string;
  change: ConversationChange;
  /** Shown meanwhile, where the answer holds more than what is sent. */
  shown?: Partial<Conversation>;
  undo?: { message: string; change: ConversationChange };
}

const isList = (cached: unknown): cached is InfiniteData<ListPage<Conversation>> =>
  typeof cached === "object" && cached !== null && "pages" in cached;

/** Marks, assigns, closes: shown in the list and the head at once, taken back when refused. */
export function useConversationChange() {
  return useOptimistic<Change>({
    send: ({ id, change }) => changeConversation(id, change),
    keys: [keys.conversations],
    change: (cached, { id, change, shown }) => {
      const apply = (conversation: Conversation) =>
        conversation.id === id ? ({ ...conversation, ...change, ...shown } as Conversation) : conversation;
      if (isList(cached)) {
        return { ...cached, pages: cached.pages.map((page) => ({ ...page, rows: page.rows.map(apply) })) };
      }
      return apply(cached as Conversation);
    },
    what: "change the conversation",
    undo: ({ id, undo }) => (undo ? { message: undo.message, back: { id, change: undo.change } } : null),
  });
}
