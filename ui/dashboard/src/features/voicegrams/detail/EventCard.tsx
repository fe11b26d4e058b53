import { Button, Code, CopyButton, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBraces, IconCheck, IconCopy } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { eventQuery } from "@/api/voicegrams";
import { SideCard } from "@/components/SideCard";

/** The event as webhooks get it, for people who build on it. */
export function EventCard({ voicegramId }: { voicegramId: string }) {
  const [isOpen, { toggle }] = useDisclosure();
  const { data, error } = useQuery({ ...eventQuery(voicegramId), enabled: isOpen });
  const text = data ? JSON.stringify(data, null, 2) : "";
  return (
    <SideCard
      title="Raw event"
      testId="event"
      action={
        <Group gap={4}>
          {isOpen && data && (
            <CopyButton value={text}>
              {({ copied, copy }) => (
                <Button
                  size="compact-xs"
                  variant="subtle"
                  leftSection={copied ? <IconCheck size={13} aria-hidden /> : <IconCopy size={13} aria-hidden />}
                  onClick={copy}
                >
                  {copied ? "Copied" : "Copy"}
                </Button>
              )}
            </CopyButton>
          )}
          <Button
            size="compact-xs"
            variant="subtle"
            leftSection={<IconBraces size={13} aria-hidden />}
            aria-expanded={isOpen}
            onClick={toggle}
          >
            {isOpen ? "Hide" : "Show"}
          </Button>
        </Group>
      }
    >
      {!isOpen && (
        <Text size="sm" c="dimmed">
          The JSON that webhooks send of this voicegram.
        </Text>
      )}
      {isOpen && error && (
        <Text size="sm" c="red" role="alert">
          {error.message}
        </Text>
      )}
      {isOpen && data && (
        <Code block mah={420} tabIndex={0} role="region" aria-label="Raw event" style={{ overflow: "auto" }}>
          {text}
        </Code>
      )}
    </SideCard>
  );
}
