import type { ReactNode } from "react";
import classes from "./components.module.css";

interface MarkProps {
  /** Of the theme; none: an outline. */
  color?: string;
  isFilled?: boolean;
  icon?: ReactNode;
  children: ReactNode;
}

function ground(color: string, isFilled: boolean) {
  const name = `--mantine-color-${color}`;
  return isFilled
    ? { color: "var(--mantine-color-white)", background: `var(${name}-filled)` }
    : { color: `var(${name}-light-color)`, background: `var(${name}-light)` };
}

/** A word on a coloured ground. A plain element: a list has several in each row. */
export function Mark({ color, isFilled = false, icon, children }: MarkProps) {
  return (
    <span className={classes.mark} data-outline={!color || undefined} {...(color && { style: ground(color, isFilled) })}>
      {icon}
      <span>{children}</span>
    </span>
  );
}

/** Marks beside each other; those inside others join them. */
export const Marks = ({ testId, children }: { testId?: string; children: ReactNode }) => (
  <span className={classes.marks} data-testid={testId}>
    {children}
  </span>
);
