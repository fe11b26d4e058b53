import { Badge, Group, Stack, Text } from "@mantine/core";
import type { Delivery } from "@/api/voicegrams";
import { sentenceCase } from "@/format";
import { useFormats } from "@/hooks/useFormats";
import { SideCard } from "./SideCard";

const colors: Record<Delivery["status"], string> = {
  pending: "blue",
  delivered: "teal",
  failed: "red",
  cancelled: "gray",
};

function story(delivery: Delivery, full: (iso: string) => string): string {
  const { attempts, status, next_attempt_at: next, finished_at: finished, last_error: error } = delivery;
  const parts = [`${attempts} ${attempts === 1 ? "attempt" : "attempts"}`];
  if (status === "pending" && next) parts.push(`next ${full(next)}`);
  else parts.push(full(finished ?? delivery.created_at));
  if (error && status !== "delivered") parts.push(error);
  return parts.join(" · ");
}

export function DeliveriesCard({ deliveries }: { deliveries: Delivery[] }) {
  const { full } = useFormats();
  return (
    <SideCard title="Webhook deliveries" testId="deliveries">
      {deliveries.length === 0 && (
        <Text size="sm" c="dimmed">
          No webhook was subscribed to this message.
        </Text>
      )}
      <Stack gap={10}>
        {deliveries.map((delivery) => (
          <div key={delivery.id} data-testid="delivery">
            <Group gap={8} wrap="nowrap" justify="space-between">
              <Text size="sm" truncate title={delivery.url}>
                {delivery.url.replace(/^https?:\/\//, "")}
              </Text>
              <Badge size="sm" variant="light" color={colors[delivery.status]} tt="none" style={{ flex: "none" }}>
                {sentenceCase(delivery.status)}
                {delivery.last_status_code !== null && ` ${delivery.last_status_code}`}
              </Badge>
            </Group>
            <Text size="xs" c="dimmed">
              {story(delivery, full)}
            </Text>
          </div>
        ))}
      </Stack>
    </SideCard>
  );
}
