import { Alert, Badge, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "@/api/keys";
import { useMay } from "@/api/session";
import { changeWebhook, type Webhook, webhookQuery } from "@/api/webhooks";
import { CopyField } from "@/components/CopyField";
import { Page, Section } from "@/components/Page";
import { SecretOnce } from "@/components/SecretOnce";
import { ErrorState, PageLoading } from "@/components/states";
import { TimeText } from "@/components/texts";
import { plural } from "@/format";
import { useOptimistic } from "@/hooks/useOptimistic";
import { Attempts } from "./Attempts";
import { nameOfContract, nameOfWebhook, offText, stateOf } from "./contracts";
import { StateBadge } from "./StateBadge";
import { WebhookActions } from "./WebhookActions";
import { WebhookForm } from "./WebhookForm";

function Off({ webhook, onActivate }: { webhook: Webhook; onActivate: (() => void) | undefined }) {
  return (
    <Alert color={webhook.disabled_reason === "paused" ? "gray" : "orange"} title="Nothing is sent" data-testid="webhook-off">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          {offText(webhook)}
          {webhook.inactive_since && (
            <>
              {" "}
              Since <TimeText iso={webhook.inactive_since} look="full" />.
            </>
          )}
          {webhook.last_error && ` Its last answer: ${webhook.last_error}.`}
        </Text>
        {onActivate && (
          <Button size="xs" onClick={onActivate}>
            Switch on again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

function Facts({ webhook }: { webhook: Webhook }) {
  return (
    <Paper withBorder radius="lg" p="md">
      <Stack gap="sm">
        <Group gap="xs">
          <StateBadge webhook={webhook} />
          <Badge variant="light" color="iris" tt="none" fw={550}>
            {nameOfContract(webhook.contract)}
          </Badge>
          <Text size="sm" c="dimmed">
            Made <TimeText iso={webhook.created_at} look="day" />
            {webhook.last_success_at && (
              <>
                , last delivered <TimeText iso={webhook.last_success_at} />
              </>
            )}
          </Text>
        </Group>
        <CopyField label="Address" value={webhook.url} />
        <div>
          <Text size="xs" c="dimmed" mb={4}>
            Events
          </Text>
          <Group gap={6}>
            {webhook.events.length === 0 ? (
              <Text size="sm">All</Text>
            ) : (
              webhook.events.map((name) => (
                <Badge key={name} variant="outline" color="gray" tt="none" fw={500}>
                  {name}
                </Badge>
              ))
            )}
          </Group>
        </div>
        <Text size="sm" c="dimmed">
          Signing secret {webhook.secret_prefix}…
        </Text>
      </Stack>
    </Paper>
  );
}

export function WebhookPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const client = useQueryClient();
  const may = useMay();
  const [isEditing, setEditing] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const one = webhookQuery(id);
  const { data: webhook, error, refetch } = useQuery(one);
  const change = useOptimistic({
    send: (isActive: boolean) => changeWebhook(id, { is_active: isActive }),
    keys: [one.queryKey],
    change: (cached, isActive) => ({ ...(cached as Webhook), is_active: isActive, disabled_reason: isActive ? null : "paused", consecutive_failures: 0 }),
    what: "change the webhook",
  });
  const back = { to: "/settings/webhooks", label: "Webhooks" };
  if (error) {
    return (
      <Page title="Webhook" back={back}>
        <ErrorState error={error} retry={() => void refetch()} />
      </Page>
    );
  }
  if (!webhook) return <PageLoading />;
  const isDeleted = webhook.disabled_reason === "deleted";
  const mayChange = may("settings:write") && !isDeleted;
  return (
    <Page
      title={nameOfWebhook(webhook)}
      back={back}
      actions={
        mayChange && (
          <>
            {webhook.is_active && (
              <Button variant="default" leftSection={<IconPlayerPause size={16} />} onClick={() => change.mutate(false)}>
                Pause
              </Button>
            )}
            {!webhook.is_active && (
              <Button variant="default" leftSection={<IconPlayerPlay size={16} />} onClick={() => change.mutate(true)}>
                Switch on
              </Button>
            )}
            <WebhookActions webhook={webhook} onEdit={() => setEditing(true)} onSecret={setSecret} />
          </>
        )
      }
    >
      <Stack gap="xl">
        {!webhook.is_active && <Off webhook={webhook} onActivate={mayChange ? () => change.mutate(true) : undefined} />}
        {stateOf(webhook) === "failing" && (
          <Alert color="orange" title={`${plural(webhook.consecutive_failures, "event")} in a row not delivered`}>
            {webhook.last_error ?? "The receiver did not answer."} Deliveries are tried again; after too many failures the webhook is
            switched off.
          </Alert>
        )}
        <Facts webhook={webhook} />
        <Section title="Deliveries" lead="What was sent within 30 days, and what was answered.">
          <Attempts webhook={webhook} />
        </Section>
      </Stack>
      {isEditing && (
        <WebhookForm
          webhook={webhook}
          onClose={() => setEditing(false)}
          onSaved={() => {
            setEditing(false);
            void client.invalidateQueries({ queryKey: keys.webhooks });
          }}
        />
      )}
      <SecretOnce title="The new signing secret" label="Secret" secret={secret} onClose={() => setSecret(null)} />
    </Page>
  );
}
