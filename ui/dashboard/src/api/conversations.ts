import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { whileNotLive } from "@/live/alive";
import { call, request } from "./client";
import { keys } from "./keys";
import { listQuery, PAGE_SIZE } from "./list";
import type { Conversation, Endpoints, Message } from "./types";

export type { Conversation, Message };
export type ConversationFilters = Omit<Endpoints["GET /conversations"]["query"], "limit" | "page">;
export type ConversationChange = Endpoints["PATCH /conversations/{id}"]["body"];
export type NewMessage = Endpoints["POST /conversations/{id}/messages"]["body"];
export type ReplyChannel = NewMessage["channel"];

const THREAD_PAGE = 40;

export const conversationsQuery = (filters: ConversationFilters) => ({
  ...listQuery([...keys.conversations, "list", filters], async (page, signal) => {
    const answer = await call("GET /conversations", { query: { ...filters, page, limit: PAGE_SIZE }, signal });
    return { rows: answer.conversations, total: answer.total };
  }),
  refetchInterval: whileNotLive,
});

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.conversations, "one", id],
    queryFn: ({ signal }) => call("GET /conversations/{id}", { path: { id }, signal }),
    refetchInterval: whileNotLive,
  });

/** The messages of a conversation, newest first; each page is older than the one before. */
export const threadQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.messages, "thread", id],
    queryFn: ({ pageParam, signal }) =>
      call("GET /conversations/{id}/messages", {
        path: { id },
        query: { limit: THREAD_PAGE, ...(pageParam && { before: pageParam }) },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (last) => (last.has_more ? last.messages.at(-1)?.id : undefined),
    refetchInterval: whileNotLive,
  });

export const changeConversation = (id: string, change: ConversationChange) =>
  call("PATCH /conversations/{id}", { path: { id }, body: change });
export const deleteConversation = (id: string) => call("DELETE /conversations/{id}", { path: { id } });
export const markRead = (id: string) => call("POST /conversations/{id}/read", { path: { id }, body: {} });
export const openConversation = (leadId: string) => call("POST /conversations", { body: { lead_id: leadId } });
export const sendMessage = (id: string, body: NewMessage, idempotencyKey: string) =>
  call("POST /conversations/{id}/messages", { path: { id }, body, idempotencyKey });
export const sendTo = (body: Endpoints["POST /messages"]["body"], idempotencyKey: string) =>
  call("POST /messages", { body, idempotencyKey });
export const retryMessage = (id: string) => call("POST /messages/{id}/retry", { path: { id } });
export const cancelMessage = (id: string) => call("POST /messages/{id}/cancel", { path: { id } });

export type StoredFile = Endpoints["POST /storage/attachment"]["answer"];

export function uploadFile(file: File): Promise<StoredFile> {
  const form = new FormData();
  form.append("file", file, file.name);
  return request<StoredFile>("POST", "/storage/attachment", { body: form });
}
export const deleteFile = (id: string) => call("DELETE /storage/files/{id}", { path: { id } });
