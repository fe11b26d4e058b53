import { Group, Text, Timeline } from "@mantine/core";
import type { Leg } from "@/api/calls";
import { SideCard } from "@/components/SideCard";
import { Duration, TimeText } from "@/components/texts";
import { sentenceCase } from "@/format";

const seconds = ({ started_at: from, ended_at: to }: Leg) => (to ? (Date.parse(to) - Date.parse(from)) / 1000 : 0);

/** Where the call went, one stop after the other. */
export function JourneyCard({ legs }: { legs: readonly Leg[] }) {
  if (legs.length === 0) return null;
  return (
    <SideCard title="Journey" testId="journey">
      <Timeline bulletSize={12} lineWidth={2} active={legs.length} mt={4}>
        {legs.map((leg) => (
          <Timeline.Item
            key={leg.order}
            title={
              <Group justify="space-between" gap={8} wrap="nowrap">
                <Text size="sm" fw={550} truncate>
                  {leg.extension_name ?? sentenceCase(leg.type)}
                  {leg.extension && (
                    <Text span size="xs" c="dimmed">
                      {" "}
                      {leg.extension}
                    </Text>
                  )}
                </Text>
                <Text size="xs" c="dimmed" style={{ flex: "none" }}>
                  <TimeText iso={leg.started_at} look="time" />
                  {seconds(leg) > 0 && (
                    <>
                      {" · "}
                      <Duration seconds={seconds(leg)} />
                    </>
                  )}
                </Text>
              </Group>
            }
          >
            {leg.extension_name && (
              <Text size="xs" c="dimmed">
                {sentenceCase(leg.type)}
              </Text>
            )}
            {leg.summary && legs.length > 1 && (
              <Text size="xs" mt={2} dir="auto" style={{ overflowWrap: "anywhere" }}>
                {leg.summary}
              </Text>
            )}
          </Timeline.Item>
        ))}
      </Timeline>
    </SideCard>
  );
}
