/** Where in a list one is: a detail page goes back to the list as it was filtered, and on to its neighbours. */
import { type InfiniteData, type UseInfiniteQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import { type ListPage, rowsOf } from "@/api/list";

const kept = new Map<string, object>();

/** The list page tells what it shows. */
export function useKeepFilters(list: string, filters: object): void {
  useEffect(() => {
    kept.set(list, filters);
  }, [list, filters]);
}

/** What the list showed last in this tab. */
export const keptFilters = <F extends object>(list: string): F => (kept.get(list) ?? {}) as F;

export interface Neighbours {
  previous: string | undefined;
  next: string | undefined;
}

const FROM_END = 5;

/** The rows before and after one; reads on as the end of what is loaded comes near. */
export function useNeighbours<Row extends { id: string }>(
  list: UseInfiniteQueryResult<InfiniteData<ListPage<Row>>>,
  id: string,
): Neighbours {
  const rows = rowsOf(list.data);
  const at = rows.findIndex((row) => row.id === id);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  useEffect(() => {
    if (at >= 0 && at >= rows.length - FROM_END && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [at, rows.length, hasNextPage, isFetchingNextPage, fetchNextPage]);
  return { previous: at > 0 ? rows[at - 1]?.id : undefined, next: at >= 0 ? rows[at + 1]?.id : undefined };
}
