import { Group, Paper, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface SideCardProps {
  title: string;
  /** Stands beside the title. */
  action?: ReactNode;
  children: ReactNode;
  testId?: string;
}

/** A part of a detail page beside its main content. */
export function SideCard({ title, action, children, testId }: SideCardProps) {
  return (
    <Paper withBorder radius="lg" p="md" component="section" aria-label={title} data-testid={testId}>
      <Group justify="space-between" mb="xs" gap="xs">
        <Title order={2} size="h6">
          {title}
        </Title>
        {action}
      </Group>
      {children}
    </Paper>
  );
}

export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="md" py={3} align="baseline">
      <Text size="sm" c="dimmed" style={{ flex: "none" }}>
        {label}
      </Text>
      <Text size="sm" ta="end" component="div" style={{ overflowWrap: "anywhere", minWidth: 0 }}>
        {children}
      </Text>
    </Group>
  );
}
