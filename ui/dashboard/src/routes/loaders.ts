/** What a screen's route asks for beside its code; the screen itself asks for the rest and tells of failures. */
import type { FetchInfiniteQueryOptions, FetchQueryOptions, QueryKey } from "@tanstack/react-query";
import { queryClient } from "@/api/queryClient";

const MOMENT_MS = 150;

/** Why a route is loaded, in the router's words. */
interface Visit {
  cause: "enter" | "stay" | "preload";
}

/** Rows that arrive within a moment are there when the screen is first rendered, which is then rendered once. */
async function soon(queryKey: QueryKey, { cause }: Visit, ask: () => Promise<void>): Promise<void> {
  const isKnown = queryClient.getQueryData(queryKey) !== undefined;
  const asked = ask();
  if (cause === "enter" && !isKnown) {
    await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, MOMENT_MS))]);
  }
}

export const loadOne = <T, K extends QueryKey>(query: FetchQueryOptions<T, Error, T, K>, visit: Visit) =>
  soon(query.queryKey, visit, () => queryClient.prefetchQuery(query));

export const loadList = <T, K extends QueryKey>(query: FetchInfiniteQueryOptions<T, Error, T, K, number>, visit: Visit) =>
  soon(query.queryKey, visit, () => queryClient.prefetchInfiniteQuery(query));
