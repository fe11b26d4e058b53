import { Center, Paper, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Logo } from "@/shell/Logo";

export function SessionCard({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  useDocumentTitle(`${title} · Antiphon`);
  return (
    <Center mih="100dvh" px="md" py="xl" component="main">
      <Stack w="100%" maw={380} gap="xl">
        <Center>
          <Logo />
        </Center>
        <Paper withBorder p="xl" radius="lg">
          <Title order={1} size="h3">
            {title}
          </Title>
          {lead && (
            <Text c="dimmed" size="sm" mt={4}>
              {lead}
            </Text>
          )}
          <Stack mt="lg">{children}</Stack>
        </Paper>
      </Stack>
    </Center>
  );
}
