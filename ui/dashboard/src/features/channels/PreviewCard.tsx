import { Paper, Text, Title } from "@mantine/core";
import classes from "./channels.module.css";

/** The hosted page as visitors see it; only where it is served from here. */
export function PreviewCard({ url, isActive }: { url: string; isActive: boolean }) {
  if (new URL(url).origin !== window.location.origin) return null;
  return (
    <Paper withBorder radius="lg" p="md" component="section" aria-label="Preview">
      <Title order={2} size="h6" mb="sm">
        Preview
      </Title>
      <iframe key={String(isActive)} src={url} title="The hosted page" className={classes.preview} loading="lazy" />
      <Text size="xs" c="dimmed" mt={6}>
        What is recorded here counts like any other message.
      </Text>
    </Paper>
  );
}
