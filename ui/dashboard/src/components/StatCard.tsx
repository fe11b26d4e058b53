import { Group, Paper, Skeleton, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import classes from "./components.module.css";

interface StatCardProps {
  label: string;
  /** Undefined while loading. */
  value: ReactNode | undefined;
  /** What the figure means beside others: "+12 % to last week". */
  hint?: ReactNode;
  icon?: ReactNode;
  /** Where the figure's rows are listed. */
  to?: string;
  search?: Record<string, unknown>;
}

/** One figure, and the way to what it counts. */
export function StatCard({ label, value, hint, icon, to, search }: StatCardProps) {
  const content = (
    <>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text size="sm" c="dimmed" fw={500}>
          {label}
        </Text>
        {icon && (
          <Text c="dimmed" component="span" aria-hidden style={{ display: "inline-flex" }}>
            {icon}
          </Text>
        )}
      </Group>
      {value === undefined ? (
        <Skeleton height={30} width={72} mt={8} />
      ) : (
        <div className={classes.figure}>{value}</div>
      )}
      {hint && (
        <Text size="xs" c="dimmed" mt={2}>
          {hint}
        </Text>
      )}
    </>
  );
  return to ? (
    <Paper
      withBorder
      radius="lg"
      p="md"
      className={classes.stat}
      renderRoot={(props) => <Link to={to} {...(search && { search: search as never })} {...props} />}
    >
      {content}
    </Paper>
  ) : (
    <Paper withBorder radius="lg" p="md">
      {content}
    </Paper>
  );
}
