import { queryOptions } from "@tanstack/react-query";
import { whileNotLive } from "@/live/alive";
import { call } from "./client";
import { keys } from "./keys";
import { listQuery, PAGE_SIZE } from "./list";
import type { Endpoints } from "./types";

export type { CallDetail, CallRow } from "./types";
export type CallFilters = Omit<Endpoints["GET /activity/calls"]["query"], "limit" | "page" | "format">;

export const callsQuery = (filters: CallFilters) => ({
  ...listQuery([...keys.calls, "list", filters], async (page, signal) => {
    const answer = await call("GET /activity/calls", { query: { ...filters, page, limit: PAGE_SIZE }, signal });
    return { rows: answer.calls, total: answer.total };
  }),
  refetchInterval: whileNotLive,
});

export const callQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.calls, "one", id],
    queryFn: ({ signal }) => call("GET /activity/calls/{id}", { path: { id }, signal }),
    refetchInterval: whileNotLive,
  });

export type { CallTurn, Leg, PhoneNumber } from "./types";
export type CallChange = Endpoints["PATCH /activity/calls/{id}"]["body"];

export const changeCall = (id: string, body: CallChange) => call("PATCH /activity/calls/{id}", { path: { id }, body });
export const deleteCallRecording = (id: string) => call("DELETE /activity/calls/{id}/recording", { path: { id } });

/** The account's own numbers, for choices. */
export const numbersQuery = queryOptions({
  queryKey: [...keys.numbers, "all"],
  queryFn: ({ signal }) => call("GET /phone-numbers", { query: { limit: 100 }, signal }),
  staleTime: 60_000,
});
