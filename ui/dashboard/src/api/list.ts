import { type InfiniteData, infiniteQueryOptions, keepPreviousData, type QueryKey } from "@tanstack/react-query";

export const PAGE_SIZE = 50;

export interface ListPage<Row> {
  rows: Row[];
  total: number;
}

/** A list read page by page as one scrolls; `read` answers one page (contracts/votel.md 0.6). */
export const listQuery = <Row>(
  queryKey: QueryKey,
  read: (page: number, signal: AbortSignal) => Promise<ListPage<Row>>,
) =>
  infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: 1,
    getNextPageParam: (last: ListPage<Row>, pages, page) =>
      last.rows.length > 0 && pages.reduce((count, { rows }) => count + rows.length, 0) < last.total ? page + 1 : undefined,
    placeholderData: keepPreviousData,
  });

/** The rows of all pages read so far; a row that moved to the next page meanwhile stands once. */
export function rowsOf<Row extends { id: string }>(data: InfiniteData<ListPage<Row>> | undefined): Row[] {
  if (!data) return [];
  const seen = new Map<string, Row>();
  for (const { rows } of data.pages) for (const row of rows) if (!seen.has(row.id)) seen.set(row.id, row);
  return [...seen.values()];
}

export const totalOf = (data: InfiniteData<ListPage<unknown>> | undefined): number => data?.pages.at(-1)?.total ?? 0;
