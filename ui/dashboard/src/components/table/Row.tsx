import { Link } from "@tanstack/react-router";
import type { KeyboardEventHandler, ReactNode, Ref } from "react";
import type { Column, RowLink } from "./DataTable";
import classes from "./table.module.css";

interface RowProps<T> {
  ref: Ref<HTMLDivElement>;
  row: T;
  index: number;
  offset: number;
  columns: readonly Column<T>[];
  isCard: boolean;
  label: string;
  link: RowLink | undefined;
  isStrong: boolean;
  isSelected: boolean | undefined;
  onToggle: () => void;
  tabIndex: number;
  onFocus: () => void;
  onKeyDown: KeyboardEventHandler<HTMLDivElement>;
}

/** The link lies over the whole row, so that a click anywhere opens it, in a new tab too. */
function Title({ link, label, children }: { link: RowLink | undefined; label: string; children: ReactNode }) {
  if (!link) return <>{children}</>;
  return (
    <>
      {children}
      <Link
        to={link.to}
        {...(link.params && { params: link.params as never })}
        className={classes.link}
        aria-label={`Open ${label}`}
        tabIndex={-1}
        data-row-link
      />
    </>
  );
}

export function Row<T>(props: RowProps<T>) {
  const { row, columns, isCard, label, link, isSelected } = props;
  const titleKey = columns.find(({ card }) => card === "title")?.key ?? columns[0]?.key;
  const checkbox = isSelected !== undefined && (
    <div role="gridcell" className={classes.check}>
      <input
        type="checkbox"
        className={classes.box}
        checked={isSelected}
        onChange={props.onToggle}
        aria-label={`Choose ${label}`}
        tabIndex={-1}
      />
    </div>
  );
  return (
    <div
      ref={props.ref}
      role="row"
      aria-rowindex={props.index + 2}
      aria-selected={isSelected}
      aria-label={label}
      data-index={props.index}
      data-testid="table-row"
      data-strong={props.isStrong || undefined}
      className={isCard ? classes.card : classes.row}
      style={{ transform: `translateY(${props.offset}px)` }}
      tabIndex={props.tabIndex}
      onFocus={props.onFocus}
      onKeyDown={props.onKeyDown}
    >
      {checkbox}
      {columns.map(({ key, header, cell, align, card = "line" }) => {
        if (isCard && card === "none") return null;
        const isTitle = key === titleKey;
        const content = cell(row);
        return (
          <div key={key} role="gridcell" className={classes.cell} data-align={align} data-place={isCard ? card : undefined}>
            {isCard && card === "line" && <span className={classes.name}>{header}</span>}
            {isTitle ? (
              <Title link={link} label={label}>
                {content}
              </Title>
            ) : (
              content
            )}
          </div>
        );
      })}
    </div>
  );
}
