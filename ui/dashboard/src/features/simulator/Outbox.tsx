import { Badge, Button, Group, Menu, Paper, Text } from "@mantine/core";
import { IconChevronDown, IconMailForward } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type OutboxMessage, outboxQuery, type Report, reportStatus } from "@/api/simulator";
import { EmptyState, ErrorState, LoadingState } from "@/components/states";
import { PhoneText, TimeText } from "@/components/texts";
import { sentenceCase } from "@/format";
import { useOptimistic } from "@/hooks/useOptimistic";
import classes from "./simulator.module.css";

const STATES: readonly Report["status"][] = ["sent", "delivered", "read", "failed"];
const COLOURS: Record<string, string> = { delivered: "teal", read: "blue", failed: "red" };

type Outbox = { outbox: OutboxMessage[]; total: number };

function Sent({ message }: { message: OutboxMessage }) {
  const report = useOptimistic<Report["status"]>({
    send: (status) => reportStatus(message.id, { status, ...(status === "failed" && { error: "unreachable" }) }),
    keys: [outboxQuery.queryKey],
    change: (cached, status) => {
      const { outbox, total } = cached as Outbox;
      return { total, outbox: outbox.map((row) => (row.id === message.id ? { ...row, status } : row)) };
    },
    what: "report on the message",
  });
  return (
    <li className={classes.sent} data-testid="outbox-message">
      <div className={classes.arrivalText}>
        <Text size="sm" component="div">
          To <PhoneText phone={message.to} /> · {message.channel === "whatsapp" ? "WhatsApp" : "SMS"} ·{" "}
          <Text span size="sm" c="dimmed">
            <TimeText iso={message.created_at} />
          </Text>
        </Text>
        <Text
          size="sm"
          c="dimmed"
          lineClamp={2}
          className={classes.said}
          renderRoot={(props) => <Link to="/inbox/$id" params={{ id: message.conversation_id }} {...props} />}
        >
          {message.body || "No text"}
        </Text>
      </div>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button
            size="compact-sm"
            variant="light"
            color={COLOURS[message.status] ?? "gray"}
            rightSection={<IconChevronDown size={14} aria-hidden />}
            aria-label={`${sentenceCase(message.status)}: report something else`}
          >
            {sentenceCase(message.status)}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>The network reports</Menu.Label>
          {STATES.map((status) => (
            <Menu.Item key={status} onClick={() => report.mutate(status)} disabled={status === message.status}>
              {sentenceCase(status)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </li>
  );
}

/** What was sent out, and what the network says about it. */
export function OutboxList() {
  const { data, error, isPending, refetch } = useQuery(outboxQuery);
  if (error && !data) return <ErrorState error={error} retry={() => void refetch()} isSmall />;
  return (
    <Paper withBorder radius="lg" px="md" py={4}>
      {isPending && <LoadingState rows={2} height={44} />}
      {data?.outbox.length === 0 && (
        <EmptyState icon={<IconMailForward size={20} />} title="Nothing has been sent" isSmall>
          Answer a message in the inbox: it comes out here, and you decide whether it is delivered.
        </EmptyState>
      )}
      {data && data.outbox.length > 0 && (
        <ul className={classes.outbox}>
          {data.outbox.map((message) => (
            <Sent key={message.id} message={message} />
          ))}
        </ul>
      )}
      {data && data.total > data.outbox.length && (
        <Group justify="center" py="xs">
          <Badge variant="light" color="gray" tt="none">
            {data.total - data.outbox.length} older
          </Badge>
        </Group>
      )}
    </Paper>
  );
}
