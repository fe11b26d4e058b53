import { useState } from "react";
import type { Conversation } from "@/api/conversations";
import { useConversationChange } from "./useConversationChange";

export interface ConversationActions {
  isAssigning: boolean;
  setAssigning: (isOpen: boolean) => void;
  assign: (userId: string | null, name: string | null) => void;
  star: () => void;
  flag: () => void;
  close: () => void;
  unread: () => void;
  snooze: (until: Date) => void;
  wake: () => void;
}

/** What one can do with the open conversation, by button and by key. */
export function useActions(conversation: Conversation | undefined): ConversationActions {
  const change = useConversationChange();
  const [isAssigning, setAssigning] = useState(false);
  const act = (...parts: Parameters<typeof change.mutate>) => conversation && change.mutate(...parts);
  const id = conversation?.id ?? "";
  const back = conversation?.status === "closed" ? "closed" : "open";
  return {
    isAssigning,
    setAssigning,
    assign: (userId, name) =>
      act({ id, change: { assigned_to_id: userId }, shown: { assigned_to_name: name } }),
    star: () => act({ id, change: { is_starred: !conversation?.is_starred } }),
    flag: () => act({ id, change: { is_flagged: !conversation?.is_flagged } }),
    close: () =>
      conversation?.status === "closed"
        ? act({ id, change: { status: "open" } })
        : act({ id, change: { status: "closed" }, undo: { message: "Conversation closed.", change: { status: back } } }),
    wake: () => act({ id, change: { status: "open" } }),
    unread: () => act({ id, change: { is_unread: true } }),
    snooze: (until) =>
      act({
        id,
        change: { status: "snoozed", snoozed_until: until.toISOString() },
        undo: { message: "Conversation snoozed.", change: { status: "open" } },
      }),
  };
}
