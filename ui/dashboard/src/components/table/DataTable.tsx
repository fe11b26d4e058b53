import { Paper, VisuallyHidden } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useId, useLayoutEffect, useState } from "react";
import { ErrorState, LoadingState } from "../states";
import { Head } from "./Head";
import { Row } from "./Row";
import { TableFoot } from "./TableFoot";
import classes from "./table.module.css";
import { useRowKeys } from "./useRowKeys";

export interface Column<T> {
  key: string;
  header: string;
  cell: (row: T) => ReactNode;
  /** A CSS grid track; `minmax(0, 1fr)` unless given. */
  width?: string;
  /** The name in `sort=`; none: not sortable. */
  sort?: string;
  align?: "end";
  /** Left out in tables narrower than this many pixels. */
  from?: number;
  /** Its place on a card under 600 px; `line` (with its header before it) unless given. */
  card?: "title" | "aside" | "line" | "plain" | "none";
}

export interface RowLink {
  to: string;
  params?: Record<string, string>;
}

export interface DataTableProps<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowId: (row: T) => string;
  /** What a row opens; its title cell becomes the link. */
  rowLink?: (row: T) => RowLink;
  /** What a row is called by a screen reader and in its checkbox. */
  rowLabel: (row: T) => string;
  isStrong?: (row: T) => boolean;
  total?: number;
  isLoading?: boolean;
  error?: Error | null;
  onRetry?: () => void;
  empty: ReactNode;
  sort?: string | undefined;
  onSort?: (sort: string | undefined) => void;
  hasMore?: boolean;
  isLoadingMore?: boolean;
  onMore?: () => void;
  selected?: ReadonlySet<string>;
  onSelect?: (selected: Set<string>) => void;
  /** The height one row is likely to have, in pixels. */
  rowHeight?: number;
  testId?: string;
}

const CARDS_BELOW = 600;
const CARD_HEIGHT = 116;
const OVERSCAN = 8;
const MORE_FROM_END = 12;

/** Where the list begins on the page, followed as what stands above it grows. */
function useTop(list: { current: HTMLElement | null }) {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measured = list.current ? list.current.getBoundingClientRect().top + window.scrollY : 0;
    if (Math.abs(measured - top) > 1) setTop(measured);
  });
  return top;
}

/** A list of any length that scrolls with the page: a table with a sticky head, or cards where it is narrow. */
export function DataTable<T>(props: DataTableProps<T>) {
  const { rows, columns, rowId, hasMore = false, isLoadingMore = false, onMore, error, isLoading = false } = props;
  const { selected, onSelect, total = rows.length, rowHeight = 52 } = props;
  const { ref: frame, width } = useElementSize();
  const [list, setList] = useState<HTMLDivElement | null>(null);
  const isCards = width > 0 && width < CARDS_BELOW;
  const shown = columns.filter(({ from }) => isCards || !from || width >= from);
  const top = useTop({ current: list });
  const helpId = useId();
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => (isCards ? CARD_HEIGHT : rowHeight),
    overscan: OVERSCAN,
    scrollMargin: top,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : rowId(row);
    },
  });
  const items = virtualizer.getVirtualItems();
  const end = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (hasMore && !isLoadingMore && !error && end >= rows.length - MORE_FROM_END) onMore?.();
  }, [end, error, hasMore, isLoadingMore, onMore, rows.length]);

  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    onSelect?.(next);
  };
  const keyboard = useRowKeys({
    count: rows.length,
    list,
    reveal: (index) => virtualizer.scrollToIndex(index, { align: "auto" }),
    toggle: (index) => {
      const row = rows[index];
      if (row !== undefined && onSelect) toggle(rowId(row));
    },
  });

  if (error && rows.length === 0) {
    return <ErrorState error={error} {...(props.onRetry && { retry: props.onRetry })} />;
  }
  if (isLoading && rows.length === 0) {
    return (
      <Paper withBorder radius="lg">
        <LoadingState rows={8} height={Math.min(rowHeight - 12, 44)} />
      </Paper>
    );
  }
  if (rows.length === 0) return <>{props.empty}</>;

  const tracks = [onSelect && "40px", ...shown.map((column) => column.width ?? "minmax(0, 1fr)")].filter(Boolean).join(" ");
  const areAll = selected !== undefined && rows.length > 0 && rows.every((row) => selected.has(rowId(row)));
  return (
    <Paper withBorder radius="lg" className={classes.frame} ref={frame}>
      <VisuallyHidden id={helpId}>
        Move between rows with the arrow keys, open one with Enter{onSelect ? ", choose it with Space" : ""}.
      </VisuallyHidden>
      <div
        role="grid"
        aria-label={props.label}
        aria-describedby={helpId}
        aria-rowcount={total + 1}
        aria-busy={isLoadingMore}
        className={classes.table}
        data-cards={isCards || undefined}
        data-testid={props.testId}
        style={{ "--tracks": tracks } as React.CSSProperties}
      >
        <Head columns={shown} sort={props.sort} onSort={props.onSort} isHidden={isCards}>
          {onSelect && (
            <input
              ref={(box) => {
                if (box) box.indeterminate = !areAll && (selected?.size ?? 0) > 0;
              }}
              type="checkbox"
              className={classes.box}
              aria-label="Choose all rows shown"
              checked={areAll}
              onChange={() => onSelect(areAll ? new Set() : new Set(rows.map(rowId)))}
            />
          )}
        </Head>
        <div role="rowgroup" ref={setList} className={classes.body} style={{ height: virtualizer.getTotalSize() }}>
          {/* Rows are measured as they come: not before it is known which columns they have. */}
          {width > 0 && items.map(({ index, start, key }) => {
            const row = rows[index];
            return (
              row !== undefined && (
                <Row
                  key={`${key}-${shown.length}`}
                  ref={virtualizer.measureElement}
                  row={row}
                  index={index}
                  offset={start - top}
                  columns={shown}
                  isCard={isCards}
                  label={props.rowLabel(row)}
                  link={props.rowLink?.(row)}
                  isStrong={props.isStrong?.(row) ?? false}
                  isSelected={onSelect ? (selected?.has(rowId(row)) ?? false) : undefined}
                  onToggle={() => toggle(rowId(row))}
                  {...keyboard.propsOf(index)}
                />
              )
            );
          })}
        </div>
      </div>
      <TableFoot
        shown={rows.length}
        total={total}
        error={error ?? null}
        isLoadingMore={isLoadingMore}
        hasMore={hasMore}
        onMore={onMore}
        onRetry={props.onRetry}
      />
    </Paper>
  );
}
