import { Badge, Group, List, Paper, Text, ThemeIcon, Title } from "@mantine/core";
import { IconSquareCheck } from "@tabler/icons-react";
import type { Summary } from "@/api/voicegrams";
import { sentenceCase } from "@/format";
import { SummaryBadges } from "./SummaryBadges";

const priorityColors = { high: "red", medium: "orange", low: "gray" } as const;

export function SummaryCard({ summary, isProcessing }: { summary: Summary | null; isProcessing: boolean }) {
  return (
    <Paper withBorder radius="lg" p="lg" component="section" aria-label="Summary" data-testid="summary">
      <Title order={2} size="h5" mb="xs">
        Summary
      </Title>
      {summary?.text ? (
        <Text dir="auto" style={{ overflowWrap: "anywhere" }}>{summary.text}</Text>
      ) : (
        <Text c="dimmed" size="sm">
          {isProcessing ? "Follows after the transcript…" : "There is nothing to summarise."}
        </Text>
      )}
      <Group mt="md" gap={6}>
        <SummaryBadges summary={summary} />
      </Group>
      {summary && summary.action_items.length > 0 && (
        <>
          <Title order={3} size="h6" mt="lg" mb="xs">
            Action items
          </Title>
          <List
            spacing={8}
            center
            icon={
              <ThemeIcon variant="light" size={24} radius="sm">
                <IconSquareCheck size={15} />
              </ThemeIcon>
            }
            data-testid="action-items"
          >
            {summary.action_items.map((item) => (
              <List.Item key={item.task}>
                <Group gap={8}>
                  <Text size="sm" dir="auto" style={{ overflowWrap: "anywhere" }}>{item.task}</Text>
                  <Badge size="sm" variant="light" color={priorityColors[item.priority] ?? "gray"} tt="none" fw={550}>
                    {sentenceCase(item.priority)}
                  </Badge>
                  {item.deadline && (
                    <Text size="xs" c="dimmed">
                      {item.deadline}
                    </Text>
                  )}
                </Group>
              </List.Item>
            ))}
          </List>
        </>
      )}
    </Paper>
  );
}
