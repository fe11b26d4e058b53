import { Badge, Button, Code, Drawer, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconListDetails, IconRefresh } from "@tabler/icons-react";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/keys";
import { totalOf } from "@/api/list";
import { useMay } from "@/api/session";
import { type Attempt, attemptsQuery, resendDelivery, type Webhook } from "@/api/webhooks";
import { CopyField } from "@/components/CopyField";
import { Problem } from "@/components/Problem";
import { EmptyState } from "@/components/states";
import { type Column, DataTable } from "@/components/table/DataTable";
import { listProps } from "@/components/table/listProps";
import { TimeText } from "@/components/texts";
import { doneToast } from "@/components/toasts";
import { sentenceCase, spanText } from "@/format";
import { useSubmit } from "@/hooks/useSubmit";

const WATCH_MS = 5_000;

function Outcome({ attempt }: { attempt: Attempt }) {
  const isDelivered = attempt.status === "delivered";
  return (
    <Badge variant="light" color={isDelivered ? "teal" : "red"} tt="none" fw={550}>
      {isDelivered ? "Delivered" : "Failed"}
      {attempt.status_code !== null && ` · ${attempt.status_code}`}
    </Badge>
  );
}

function Block({ label, text }: { label: string; text: string }) {
  return (
    <div>
      <Text size="sm" fw={550} mb={4}>
        {label}
      </Text>
      <Code block tabIndex={0} role="group" aria-label={label} style={{ maxHeight: 360, overflow: "auto" }}>
        {text}
      </Code>
    </div>
  );
}

function Detail({ webhook, attempt, onClose }: { webhook: Webhook; attempt: Attempt; onClose: () => void }) {
  const client = useQueryClient();
  const may = useMay();
  const { run, isBusy, problem } = useSubmit();
  const resend = async () => {
    const isDone = await run(async () => {
      await resendDelivery(webhook.id, attempt.delivery_id);
      await client.invalidateQueries({ queryKey: keys.webhooks });
    });
    if (isDone) {
      doneToast("It is being sent again.");
      onClose();
    }
  };
  return (
    <Drawer opened onClose={onClose} position="right" size="lg" title={attempt.event} data-testid="attempt">
      <Stack>
        <Group gap="xs">
          <Outcome attempt={attempt} />
          {attempt.is_test && (
            <Badge variant="outline" color="gray" tt="none" fw={500}>
              Test
            </Badge>
          )}
          <Text size="sm" c="dimmed">
            <TimeText iso={attempt.at} look="full" />, attempt {attempt.attempt}, {spanText(attempt.latency_ms)}
          </Text>
        </Group>
        {attempt.error && <Text size="sm">{sentenceCase(attempt.error)}</Text>}
        {attempt.next_attempt_at && attempt.delivery_status === "pending" && (
          <Text size="sm" c="dimmed">
            Tried again <TimeText iso={attempt.next_attempt_at} look="full" />.
          </Text>
        )}
        <Problem text={problem} />
        {may("settings:send") && !attempt.is_test && (
          <Group>
            <Button variant="light" leftSection={<IconRefresh size={16} />} loading={isBusy} onClick={() => void resend()} disabled={!webhook.is_active}>
              Send again
            </Button>
            {!webhook.is_active && (
              <Text size="sm" c="dimmed">
                Switch the webhook on first.
              </Text>
            )}
          </Group>
        )}
        <CopyField label="Event id" value={attempt.event_id} />
        <Block label="Sent" text={attempt.body ? JSON.stringify(attempt.body, null, 2) : "The data were deleted since."} />
        <Block label="Answered (its beginning)" text={attempt.response_excerpt || "Nothing"} />
      </Stack>
    </Drawer>
  );
}

const columns = (onOpen: (attempt: Attempt) => void): Column<Attempt>[] => [
  {
    key: "event",
    header: "Event",
    width: "minmax(150px, 2fr)",
    card: "title",
    cell: (attempt) => (
      <Text size="sm" fw={550} truncate>
        {attempt.event}
        {attempt.is_test && (
          <Text span c="dimmed" inherit>
            {" "}
            (test)
          </Text>
        )}
      </Text>
    ),
  },
  { key: "status", header: "Outcome", width: "130px", card: "aside", cell: (attempt) => <Outcome attempt={attempt} /> },
  {
    key: "error",
    header: "Answer",
    width: "minmax(120px, 2fr)",
    from: 720,
    cell: ({ error, response_excerpt: excerpt }) => (
      <Text size="sm" c="dimmed" truncate>
        {error ? sentenceCase(error) : excerpt}
      </Text>
    ),
  },
  { key: "latency", header: "Took", width: "84px", from: 620, align: "end", cell: ({ latency_ms: ms }) => spanText(ms) },
  { key: "at", header: "When", width: "104px", align: "end", cell: ({ at }) => <TimeText iso={at} /> },
  {
    key: "open",
    header: "Details",
    width: "84px",
    align: "end",
    card: "plain",
    cell: (attempt) => (
      <Button size="compact-sm" variant="default" onClick={() => onOpen(attempt)} aria-label={`Details of ${attempt.event}`} data-row-link>
        Details
      </Button>
    ),
  },
];

/** Every attempt of a webhook; opened, with payload and answer. */
export function Attempts({ webhook }: { webhook: Webhook }) {
  const [status, setStatus] = useState<"all" | "delivered" | "failed">("all");
  const [open, setOpen] = useState<Attempt | null>(null);
  const list = useInfiniteQuery({
    ...attemptsQuery(webhook.id, status === "all" ? {} : { status }),
    refetchInterval: WATCH_MS,
  });
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label="Outcome"
        style={{ alignSelf: "flex-start" }}
        data={[
          { value: "all", label: "All" },
          { value: "delivered", label: "Delivered" },
          { value: "failed", label: "Failed" },
        ]}
        value={status}
        onChange={(value) => setStatus(value as typeof status)}
      />
      <DataTable
        label="Deliveries"
        testId="attempts"
        columns={columns(setOpen)}
        {...listProps(list)}
        total={list.data ? totalOf(list.data) : 0}
        rowId={({ id }) => id}
        rowLabel={({ event }) => event}
        empty={
          <EmptyState icon={<IconListDetails size={24} />} title="Nothing sent" isSmall>
            {status === "all" ? "The next event appears here, or send a sample with Test." : "No delivery went this way."}
          </EmptyState>
        }
      />
      {open && <Detail webhook={webhook} attempt={open} onClose={() => setOpen(null)} />}
    </Stack>
  );
}
