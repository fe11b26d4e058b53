import { Box, Group, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";

interface PageProps {
  title: string;
  actions?: ReactNode;
  width?: number;
  children: ReactNode;
}

export function Page({ title, actions, width = 1080, children }: PageProps) {
  useDocumentTitle(`${title} · Antiphon`);
  return (
    <Box px={{ base: "md", sm: 32 }} py={{ base: "md", sm: 28 }} maw={width} mx="auto">
      <Group justify="space-between" mb="lg" gap="sm">
        <Title order={1} size="h2" style={{ letterSpacing: "-0.02em" }}>
          {title}
        </Title>
        {actions}
      </Group>
      {children}
    </Box>
  );
}
