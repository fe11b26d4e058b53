import { Anchor, Box, Group, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconArrowLeft } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

interface PageProps {
  title: string;
  /** One line under the title. */
  lead?: ReactNode;
  actions?: ReactNode;
  /** Where one came from: `{ to: "/voicegrams", label: "Voicegrams" }`, and the list's filters. */
  back?: { to: string; label: string; search?: object };
  /** Widest content in pixels: forms 760, lists and details 1280, tables and boards 2000. */
  width?: number;
  children: ReactNode;
}

const WIDTH = 1280;

/** The frame of a screen: document title, heading, actions, content. */
export function Page({ title, lead, actions, back, width = WIDTH, children }: PageProps) {
  useDocumentTitle(`${title} · Antiphon`);
  return (
    <Box px={{ base: "md", sm: 32 }} py={{ base: "md", sm: 28 }} maw={width} mx="auto">
      {back && (
        <Anchor renderRoot={(props) => <Link to={back.to} {...(back.search && { search: back.search as never })} {...props} />} size="sm" c="dimmed" mb="sm" display="inline-flex">
          <IconArrowLeft size={16} style={{ marginInlineEnd: 6, alignSelf: "center" }} aria-hidden />
          {back.label}
        </Anchor>
      )}
      <Group justify="space-between" mb="lg" gap="sm" align="flex-start">
        <div style={{ minWidth: 0, flex: "1 1 220px" }}>
          <Title order={1} size="h2" style={{ letterSpacing: "-0.02em", overflowWrap: "anywhere" }}>
            {title}
          </Title>
          {lead && (
            <Text c="dimmed" size="sm" mt={2} component="div">
              {lead}
            </Text>
          )}
        </div>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Box>
  );
}

interface SectionProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A part of a page under its own heading. */
export function Section({ title, lead, actions, children }: SectionProps) {
  return (
    <Stack component="section" gap="sm" aria-label={title}>
      <Group justify="space-between" gap="sm" align="flex-end">
        <div style={{ minWidth: 0 }}>
          <Title order={2} size="h4">
            {title}
          </Title>
          {lead && (
            <Text c="dimmed" size="sm">
              {lead}
            </Text>
          )}
        </div>
        {actions}
      </Group>
      {children}
    </Stack>
  );
}
