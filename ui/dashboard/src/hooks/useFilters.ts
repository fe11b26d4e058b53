import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { Filters, FilterValues } from "@/filters";

/** A list's filters, read from the address and written to it; `change({ status: undefined })` takes one away. */
export function useFilters<D extends Record<string, "text" | "flag" | readonly string[]>>(filters: Filters<D>) {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const values = useMemo(() => filters.read(search), [filters, search]);
  const change = useCallback(
    (next: FilterValues<D>) =>
      void navigate({
        to: ".",
        search: ((previous: Record<string, unknown>) => ({ ...previous, ...next })) as never,
        replace: true,
      }),
    [navigate],
  );
  const clear = useCallback(
    () => change(Object.fromEntries(filters.names.map((name) => [name, undefined])) as FilterValues<D>),
    [change, filters],
  );
  return { values, change, clear };
}
