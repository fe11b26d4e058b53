import { type InfiniteData, useMutation, useMutationState, useQueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/client";
import { type Conversation, type Message, sendMessage, threadQuery } from "@/api/conversations";
import { keys } from "@/api/keys";
import { useMe } from "@/api/session";
import type { Endpoints } from "@/api/types";
import { problemToast } from "@/components/toasts";
import type { Outbox, Sent } from "./outbox";
import { refusal } from "./words";

type ThreadPage = Endpoints["GET /conversations/{id}/messages"]["answer"];

const PENDING = "pending-";
/** By it a message that a live event brought is known before the answer to its sending is here. */
const SENT_KEY = "sent_key";
const TRIES = 6;
const LONGEST_PAUSE_MS = 8_000;

const sendKey = (conversationId: string) => ["send", conversationId] as const;

/** Shown before the server has it. */
export const isPending = ({ id }: Message): boolean => id.startsWith(PENDING);

/** Those of `pending` that do not stand among `messages` yet. */
export function notYetIn(messages: readonly Message[], pending: Message[]): Message[] {
  const there = new Set(messages.map(({ metadata }) => PENDING + String(metadata[SENT_KEY])));
  return pending.filter(({ id }) => !there.has(id));
}

/** Whether nobody knows what became of a request: it may be repeated under its key. */
export const isLost = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status >= 500);

export function pendingMessage({ body, key }: Sent, at: number, author: Message["author"]): Message {
  const now = new Date(at).toISOString();
  return {
    id: PENDING + key,
    conversation_id: "",
    lead_id: null,
    channel: body.channel,
    direction: body.channel === "note" ? "internal" : "outbound",
    status: body.scheduled_at ? "scheduled" : "queued",
    body: body.body || "Files",
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

/** What leaves a conversation at this moment, newest first. */
export function usePending(conversationId: string): Message[] {
  const { user } = useMe();
  const author: Message["author"] = { kind: "user", id: user.id, name: user.name };
  return useMutationState({
    filters: { mutationKey: sendKey(conversationId), status: "pending" },
    select: ({ state }) => pendingMessage(state.variables as Sent, state.submittedAt, author),
  }).reverse();
}

/** Sends one message after the other; each stands in the thread at once and leaves it again when it is refused. */
export function useSend(conversation: Conversation, outbox: Outbox, giveBack: (sent: Sent) => void) {
  const client = useQueryClient();
  const { queryKey } = threadQuery(conversation.id);
  return useMutation({
    mutationKey: sendKey(conversation.id),
    scope: { id: `send.${conversation.id}` },
    mutationFn: ({ body, key }: Sent) => sendMessage(conversation.id, { ...body, metadata: { [SENT_KEY]: key } }, key),
    retry: (count, error) => count < TRIES && isLost(error),
    retryDelay: (count) => Math.min(1_000 * 2 ** count, LONGEST_PAUSE_MS),
    onSuccess: (message, { key }) => {
      outbox.arrived(key);
      client.setQueryData<InfiniteData<ThreadPage>>(queryKey, (thread) => {
        const [first, ...others] = thread?.pages ?? [];
        if (!thread || !first || first.messages.some(({ id }) => id === message.id)) return thread;
        return { ...thread, pages: [{ ...first, messages: [message, ...first.messages] }, ...others] };
      });
    },
    onError: (error, sent) => {
      outbox.cameBack(sent.key);
      problemToast("Not sent", new Error(refusal(error)));
      giveBack(sent);
    },
    onSettled: () =>
      Promise.all([keys.messages, keys.conversations].map((stale) => client.invalidateQueries({ queryKey: stale }))),
  });
}
