import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { type ListPage, rowsOf, totalOf } from "@/api/list";

/** What `DataTable` needs of a list that is read page by page: `<DataTable {...listProps(list)} … />`. */
export const listProps = <Row extends { id: string }>(list: UseInfiniteQueryResult<InfiniteData<ListPage<Row>>>) => ({
  rows: rowsOf(list.data),
  total: totalOf(list.data),
  isLoading: list.isPending,
  error: list.error,
  onRetry: () => void list.refetch(),
  hasMore: list.hasNextPage,
  isLoadingMore: list.isFetchingNextPage,
  onMore: () => void list.fetchNextPage(),
});
