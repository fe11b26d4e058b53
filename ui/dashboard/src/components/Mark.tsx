import type { ReactNode } from "react";
import classes from "./components.module.css";

interface MarkProps {
  /** A colour of the theme. */
  color: string;
  look?: "light" | "filled" | "outline";
  icon?: ReactNode;
  children: ReactNode;
}

/** A word on a coloured ground. A plain element: a list has several in each row. */
export function Mark({ color, look = "light", icon, children }: MarkProps) {
  const name = `--mantine-color-${color}`;
  const style = {
    light: { color: `var(${name}-light-color)`, background: `var(${name}-light)` },
    filled: { color: "var(--mantine-color-white)", background: `var(${name}-filled)` },
    outline: { color: `var(${name}-outline)`, borderColor: `var(${name}-outline)` },
  }[look];
  return (
    <span className={classes.mark} style={style}>
      {icon}
      <span>{children}</span>
    </span>
  );
}
