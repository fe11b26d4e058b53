import { queryOptions } from "@tanstack/react-query";
import { call } from "@/api/client";
import { keys } from "@/api/keys";
import { whileNotLive } from "@/live/alive";

/** How many of each kind the list of what waits may show. */
const ROWS = 5;

const voicegrams = (name: string, filters: { callback_required?: true; urgency?: "high" }) =>
  queryOptions({
    queryKey: [...keys.voicegrams, "home", name],
    queryFn: ({ signal }) => call("GET /voicegrams", { query: { ...filters, unread: true, limit: ROWS }, signal }),
    refetchInterval: whileNotLive,
  });

export const callbacksQuery = voicegrams("callbacks", { callback_required: true });
export const urgentQuery = voicegrams("urgent", { urgency: "high" });

export const unansweredQuery = queryOptions({
  queryKey: [...keys.conversations, "home"],
  queryFn: ({ signal }) => call("GET /conversations", { query: { unread: true, limit: ROWS }, signal }),
  refetchInterval: whileNotLive,
});

export const missedQuery = (from: string) =>
  queryOptions({
    queryKey: [...keys.calls, "home", from],
    queryFn: ({ signal }) =>
      call("GET /activity/calls", { query: { direction: "inbound", status: "no_answer", from, limit: ROWS }, signal }),
    refetchInterval: whileNotLive,
  });

/** Whether anything has ever come in. */
export const anythingQuery = queryOptions({
  queryKey: [...keys.conversations, "home", "any"],
  queryFn: async ({ signal }) => (await call("GET /conversations", { query: { sort: "all", limit: 1 }, signal })).total > 0,
});
