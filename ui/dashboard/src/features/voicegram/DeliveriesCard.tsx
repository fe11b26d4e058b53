import { Badge, Group, Stack, Text } from "@mantine/core";
import type { Delivery } from "@/api/voicegrams";
import { fullTime, sentenceCase } from "@/format";
import { SideCard } from "./SideCard";

function outcome({ status, response_status: code, error }: Delivery): { text: string; color: string } {
  const isGood = code ? code >= 200 && code < 300 : /^(succe|deliver|complet)/.test(status ?? "");
  const isWaiting = !code && !error && /^(pending|queued|running|scheduled)/.test(status ?? "");
  return {
    text: code ? String(code) : sentenceCase(status ?? (error ? "failed" : "sent")),
    color: isGood ? "teal" : isWaiting ? "gray" : "red",
  };
}

export function DeliveriesCard({ deliveries }: { deliveries: Delivery[] }) {
  return (
    <SideCard title="Webhook deliveries" testId="deliveries">
      {deliveries.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing was sent for this message.
        </Text>
      )}
      <Stack gap={10}>
        {deliveries.map((delivery) => {
          const { text, color } = outcome(delivery);
          return (
            <div key={delivery.id}>
              <Group gap={8} wrap="nowrap" justify="space-between">
                <Text size="sm" truncate title={delivery.url ?? undefined}>
                  {delivery.url?.replace(/^https?:\/\//, "") ?? "Webhook"}
                </Text>
                <Badge size="sm" variant="light" color={color} tt="none" style={{ flex: "none" }}>
                  {text}
                </Badge>
              </Group>
              <Text size="xs" c="dimmed">
                {[
                  delivery.attempt && `Attempt ${delivery.attempt}`,
                  delivery.created_at && fullTime(delivery.created_at),
                  delivery.duration_ms && `${delivery.duration_ms} ms`,
                  delivery.error,
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </Text>
            </div>
          );
        })}
      </Stack>
    </SideCard>
  );
}
