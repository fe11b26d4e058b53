import { UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconSelector } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Column } from "./DataTable";
import classes from "./table.module.css";

interface HeadProps<T> {
  columns: readonly Column<T>[];
  sort: string | undefined;
  onSort: ((sort: string | undefined) => void) | undefined;
  isHidden: boolean;
  children: ReactNode;
}

/** One press sorts downwards, the next upwards, the third takes the order away. */
export function nextSort(field: string, sort: string | undefined): string | undefined {
  if (sort === `-${field}`) return field;
  return sort === field ? undefined : `-${field}`;
}

export function Head<T>({ columns, sort, onSort, isHidden, children }: HeadProps<T>) {
  return (
    <div role="rowgroup" className={classes.head} data-hidden={isHidden || undefined}>
      <div role="row" aria-rowindex={1} className={classes.headRow}>
        {children && (
          <div role="columnheader" aria-label="Chosen">
            {children}
          </div>
        )}
        {columns.map(({ key, header, sort: field, align }) => {
          const isSorted = field !== undefined && (sort === field || sort === `-${field}`);
          const direction = sort === field ? "ascending" : "descending";
          const Icon = !isSorted ? IconSelector : direction === "ascending" ? IconArrowUp : IconArrowDown;
          return (
            <div
              key={key}
              role="columnheader"
              className={classes.header}
              data-align={align}
              {...(field && onSort && { "aria-sort": isSorted ? direction : "none" })}
            >
              {field && onSort ? (
                <UnstyledButton
                  className={classes.sort}
                  onClick={() => onSort(nextSort(field, sort))}
                  tabIndex={isHidden ? -1 : 0}
                  data-sorted={isSorted || undefined}
                >
                  {header}
                  <Icon size={13} aria-hidden />
                </UnstyledButton>
              ) : (
                header
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
