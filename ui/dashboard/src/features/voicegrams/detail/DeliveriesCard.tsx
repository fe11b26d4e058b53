import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMay } from "@/api/session";
import { type Delivery, resendDelivery, voicegramQuery } from "@/api/voicegrams";
import { SideCard } from "@/components/SideCard";
import { doneToast, problemToast } from "@/components/toasts";
import { plural, sentenceCase } from "@/format";
import { useFormats } from "@/hooks/useFormats";

const colors: Record<Delivery["status"], string> = {
  pending: "blue",
  delivered: "teal",
  failed: "red",
  cancelled: "gray",
};

function story(delivery: Delivery, full: (iso: string) => string): string {
  const { attempts, status, next_attempt_at: next, finished_at: finished, last_error: error } = delivery;
  const parts = [plural(attempts, "attempt")];
  if (status === "pending" && next) parts.push(`next ${full(next)}`);
  else parts.push(full(finished ?? delivery.created_at));
  if (error && status !== "delivered") parts.push(error);
  return parts.join(" · ");
}

function DeliveryLine({ delivery, voicegramId }: { delivery: Delivery; voicegramId: string }) {
  const { full } = useFormats();
  const may = useMay();
  const client = useQueryClient();
  const again = useMutation({
    mutationFn: () => resendDelivery(delivery.webhook_id, delivery.id),
    onSuccess: () => doneToast("The event is being sent again."),
    onError: (error) => problemToast("The event was not sent again", error),
    onSettled: () => client.invalidateQueries({ queryKey: voicegramQuery(voicegramId).queryKey }),
  });
  const host = delivery.url.replace(/^https?:\/\//, "");
  return (
    <div data-testid="delivery">
      <Group gap={8} wrap="nowrap" justify="space-between">
        {may("settings:read") ? (
          <Text
            size="sm"
            truncate
            title={delivery.url}
            c="var(--mantine-color-anchor)"
            renderRoot={(props) => <Link to="/settings/webhooks/$id" params={{ id: delivery.webhook_id }} {...props} />}
          >
            {host}
          </Text>
        ) : (
          <Text size="sm" truncate title={delivery.url}>
            {host}
          </Text>
        )}
        <Badge size="sm" variant="light" color={colors[delivery.status]} tt="none" style={{ flex: "none" }}>
          {sentenceCase(delivery.status)}
          {delivery.last_status_code !== null && ` ${delivery.last_status_code}`}
        </Badge>
      </Group>
      <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
        {story(delivery, full)}
      </Text>
      {(delivery.status !== "pending" || delivery.attempts > 0) && may("settings:send") && (
        <Button
          size="compact-xs"
          mt={4}
          variant={delivery.status === "failed" ? "light" : "subtle"}
          color={delivery.status === "failed" ? undefined : "gray"}
          leftSection={<IconRefresh size={13} aria-hidden />}
          loading={again.isPending}
          onClick={() => again.mutate()}
          aria-label={`Send again to ${host}`}
          data-testid="resend"
        >
          {delivery.status === "pending" ? "Send now" : "Send again"}
        </Button>
      )}
    </div>
  );
}

interface DeliveriesCardProps {
  deliveries: readonly Delivery[];
  voicegramId: string;
}

/** What webhooks were told of this voicegram, and whether they took it. */
export function DeliveriesCard({ deliveries, voicegramId }: DeliveriesCardProps) {
  return (
    <SideCard title="Webhook deliveries" testId="deliveries">
      {deliveries.length === 0 && (
        <Text size="sm" c="dimmed">
          No webhook was subscribed to this message.
        </Text>
      )}
      <Stack gap={12}>
        {deliveries.map((delivery) => (
          <DeliveryLine key={delivery.id} delivery={delivery} voicegramId={voicegramId} />
        ))}
      </Stack>
    </SideCard>
  );
}
