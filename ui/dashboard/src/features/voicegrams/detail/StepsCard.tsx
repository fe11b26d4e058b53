import { Group, Loader, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconCheck, IconClock, IconX } from "@tabler/icons-react";
import type { Step } from "@/api/voicegrams";
import { millisecondsBetween, sentenceCase, spanText } from "@/format";
import { SideCard } from "@/components/SideCard";

function StepIcon({ status }: { status: string }) {
  if (status === "completed") {
    return (
      <ThemeIcon size={20} radius="xl" color="teal" variant="light">
        <IconCheck size={13} />
      </ThemeIcon>
    );
  }
  if (status === "failed") {
    return (
      <ThemeIcon size={20} radius="xl" color="red" variant="light">
        <IconX size={13} />
      </ThemeIcon>
    );
  }
  if (status === "running") return <Loader size={18} />;
  return (
    <ThemeIcon size={20} radius="xl" color="gray" variant="light">
      <IconClock size={13} />
    </ThemeIcon>
  );
}

export function StepsCard({ steps }: { steps: Step[] }) {
  if (!steps.length) return null;
  return (
    <SideCard title="Processing" testId="steps">
      <Stack gap={8}>
        {steps.map((step) => {
          const took = millisecondsBetween(step.started_at, step.finished_at);
          return (
            <div key={step.name}>
              <Group gap={8} wrap="nowrap">
                <StepIcon status={step.status} />
                <Text size="sm" style={{ flex: 1 }}>
                  {sentenceCase(step.name)}
                  {step.engine && (
                    <Text span size="xs" c="dimmed">
                      {" "}
                      {step.engine}
                    </Text>
                  )}
                </Text>
                <Text size="xs" c="dimmed" style={{ fontVariantNumeric: "tabular-nums" }}>
                  {took === null ? sentenceCase(step.status) : spanText(took)}
                </Text>
              </Group>
              {step.error && (
                <Text size="xs" c={step.status === "failed" ? "red" : "dimmed"} pl={28} mt={2}>
                  {step.error}
                </Text>
              )}
            </div>
          );
        })}
      </Stack>
    </SideCard>
  );
}
