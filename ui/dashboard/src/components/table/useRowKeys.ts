import { type KeyboardEvent, useEffect, useRef, useState } from "react";

interface RowKeysOptions {
  count: number;
  list: HTMLElement | null;
  /** Brings a row into view, which also puts it into the page. */
  reveal: (index: number) => void;
  toggle: (index: number) => void;
}

const PAGE = 10;

/** The row a key leads to, or null when the key means something else. */
export function rowAfter(key: string, index: number, count: number): number | null {
  const places: Record<string, number> = {
    ArrowDown: index + 1,
    j: index + 1,
    ArrowUp: index - 1,
    k: index - 1,
    PageDown: index + PAGE,
    PageUp: index - PAGE,
    Home: 0,
    End: count - 1,
  };
  const place = places[key];
  return place === undefined ? null : Math.max(0, Math.min(count - 1, place));
}

/** One row of the list takes part in the Tab order; arrows, Home, End and j/k move it, Enter opens, Space chooses. */
export function useRowKeys({ count, list, reveal, toggle }: RowKeysOptions) {
  const [active, setActive] = useState(0);
  const wanted = useRef<number | null>(null);
  const current = Math.min(active, Math.max(0, count - 1));

  useEffect(() => {
    if (wanted.current === null) return;
    const row = list?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (!row) return;
    wanted.current = null;
    row.focus({ preventScroll: true });
  });

  const onKeyDown = (index: number) => (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = rowAfter(event.key, index, count);
    if (next !== null) {
      event.preventDefault();
      wanted.current = next;
      setActive(next);
      reveal(next);
    } else if (event.key === "Enter") {
      event.currentTarget.querySelector<HTMLElement>("[data-row-link]")?.click();
    } else if (event.key === " ") {
      event.preventDefault();
      toggle(index);
    }
  };

  return {
    propsOf: (index: number) => ({
      tabIndex: index === current ? 0 : -1,
      onFocus: () => setActive(index),
      onKeyDown: onKeyDown(index),
    }),
  };
}
