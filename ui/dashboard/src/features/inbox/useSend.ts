import { type InfiniteData, useMutation, useQueryClient } from "@tanstack/react-query";
import { type Conversation, type Message, type NewMessage, sendMessage, threadQuery } from "@/api/conversations";
import { ApiError } from "@/api/client";
import { keys } from "@/api/keys";
import { useMe } from "@/api/session";
import type { Endpoints } from "@/api/types";
import { problemToast } from "@/components/toasts";
import { reasonText } from "./words";

type ThreadPage = Endpoints["GET /conversations/{id}/messages"]["answer"];

const PENDING = "pending-";

/** Shown before the server has it. */
export const isPending = ({ id }: Message): boolean => id.startsWith(PENDING);

interface Sent {
  body: NewMessage;
  /** Repeating the request after a lost answer sends nothing twice (contracts/votel.md 0.8). */
  key: string;
}

function pendingMessage(conversation: Conversation, { body, key }: Sent, author: Message["author"]): Message {
  const now = new Date().toISOString();
  return {
    id: PENDING + key,
    conversation_id: conversation.id,
    lead_id: conversation.lead_id,
    channel: body.channel,
    direction: body.channel === "note" ? "internal" : "outbound",
    status: "queued",
    body: body.body ?? "",
    subject: body.subject ?? null,
    html_url: null,
    attachments: [],
    from: null,
    to: null,
    cc: [],
    bcc: [],
    reply_to_message_id: null,
    author,
    source: "inbox",
    source_id: null,
    template_id: null,
    call_id: null,
    voicegram_id: null,
    provider: null,
    provider_message_id: null,
    error: null,
    scheduled_at: body.scheduled_at ?? null,
    sent_at: null,
    delivered_at: null,
    read_at: null,
    opened_at: null,
    clicked_at: null,
    segments: null,
    cost_micros: null,
    metadata: {},
    created_at: now,
    updated_at: now,
  };
}

/** Sends a reply; it stands in the thread at once and leaves it again, with the reason, when it is refused. */
export function useSend(conversation: Conversation, onRefused: (sent: Sent, error: Error) => void) {
  const client = useQueryClient();
  const { user } = useMe();
  const { queryKey } = threadQuery(conversation.id);
  const edit = (change: (messages: Message[]) => Message[]) =>
    client.setQueryData<InfiniteData<ThreadPage>>(queryKey, (thread) =>
      thread && {
        ...thread,
        pages: thread.pages.map((page, index) => (index === 0 ? { ...page, messages: change(page.messages) } : page)),
      },
    );
  return useMutation({
    mutationFn: ({ body, key }: Sent) => sendMessage(conversation.id, body, key),
    onMutate: async (sent) => {
      await client.cancelQueries({ queryKey });
      const author = { kind: "user", id: user.id, name: user.name } as Message["author"];
      edit((messages) => [pendingMessage(conversation, sent, author), ...messages]);
    },
    onSuccess: (message, { key }) => {
      edit((messages) => [message, ...messages.filter(({ id }) => id !== PENDING + key && id !== message.id)]);
    },
    onError: (error, sent) => {
      edit((messages) => messages.filter(({ id }) => id !== PENDING + sent.key));
      const code = error instanceof ApiError ? error.code : "";
      problemToast("Not sent", new Error(reasonText(code, error.message)));
      onRefused(sent, error);
    },
    onSettled: () =>
      Promise.all([keys.messages, keys.conversations].map((stale) => client.invalidateQueries({ queryKey: stale }))),
  });
}
