import { ActionIcon, Button, Group, Text, Tooltip } from "@mantine/core";
import { IconAlertCircle, IconCheck, IconChecks, IconClock, IconRefresh, IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { cancelMessage, type Message, retryMessage } from "@/api/conversations";
import { keys } from "@/api/keys";
import { useMay } from "@/api/session";
import { TimeText } from "@/components/texts";
import { problemToast } from "@/components/toasts";
import { Attachments } from "./Attachments";
import { CallCard, VoicegramCard } from "./cards";
import classes from "./inbox.module.css";
import { Linked } from "./Linked";
import { isPending } from "./useSend";
import { channelIcons, channelName, reasonText } from "./words";

const STATES = {
  scheduled: { icon: IconClock, label: "Scheduled" },
  queued: { icon: IconClock, label: "On its way" },
  sent: { icon: IconCheck, label: "Sent" },
  delivered: { icon: IconChecks, label: "Delivered" },
  read: { icon: IconChecks, label: "Read" },
  failed: { icon: IconAlertCircle, label: "Failed" },
  canceled: { icon: IconX, label: "Canceled" },
} as const;

export function MessageItem({ message }: { message: Message }) {
  if (message.channel === "call") return <Wide message={message}>{<CallCard message={message} />}</Wide>;
  if (message.channel === "voicegram") return <Wide message={message}>{<VoicegramCard message={message} />}</Wide>;
  if (message.channel === "note") return <NoteItem message={message} />;
  return <TextItem message={message} />;
}

function Wide({ message, children }: { message: Message; children: React.ReactNode }) {
  return (
    <article className={classes.message} data-side="wide" data-testid="message" data-channel={message.channel}>
      {children}
    </article>
  );
}

function NoteItem({ message }: { message: Message }) {
  return (
    <article className={classes.message} data-side="wide" data-testid="message" data-channel="note" aria-label="Note" style={isPending(message) ? { opacity: 0.6 } : undefined}>
      <div className={`${classes.bubble} ${classes.note}`} dir="auto">
        <Linked text={message.body} />
      </div>
      <div className={classes.meta}>
        {message.author.name ?? "Somebody"} · only your team sees this · <TimeText iso={message.created_at} look="time" />
      </div>
    </article>
  );
}

function TextItem({ message }: { message: Message }) {
  const client = useQueryClient();
  const canSend = useMay()("conversations:send");
  const refresh = () =>
    Promise.all([keys.messages, keys.conversations].map((queryKey) => client.invalidateQueries({ queryKey })));
  const retry = useMutation({
    mutationFn: () => retryMessage(message.id),
    onError: (error) => problemToast("Could not send it again", error),
    onSettled: refresh,
  });
  const cancel = useMutation({
    mutationFn: () => cancelMessage(message.id),
    onError: (error) => problemToast("Could not cancel it", error),
    onSettled: refresh,
  });
  const isOwn = message.direction === "outbound";
  const isFailed = message.status === "failed";
  const Icon = channelIcons[message.channel];
  const state = STATES[message.status];
  const author = isOwn && message.author.name;
  return (
    <article
      className={classes.message}
      data-side={isOwn ? "own" : "theirs"}
      data-failed={isFailed || undefined}
      data-testid="message"
      data-channel={message.channel}
      data-status={message.status}
      style={isPending(message) ? { opacity: 0.6 } : undefined}
      aria-label={`${isOwn ? "Sent" : "Received"} by ${channelName(message.channel)}`}
    >
      {(message.body || message.attachments.length === 0) && (
        <div className={classes.bubble} dir="auto">
          {message.subject && <strong>{`${message.subject}\n`}</strong>}
          {message.body ? <Linked text={message.body} /> : <em>This message was erased.</em>}
        </div>
      )}
      <Attachments files={message.attachments} />
      <div className={classes.meta}>
        <Icon size={13} aria-hidden />
        {author && <span>{author} ·</span>}
        {message.status === "scheduled" && message.scheduled_at ? (
          <span>
            goes out <TimeText iso={message.scheduled_at} look="full" />
          </span>
        ) : (
          <TimeText iso={message.created_at} look="time" />
        )}
        {isOwn && (
          <Tooltip label={state.label}>
            <state.icon
              size={14}
              aria-label={state.label}
              color={message.status === "read" ? "var(--mantine-primary-color-filled)" : undefined}
            />
          </Tooltip>
        )}
        {message.status === "scheduled" && canSend && (
          <ActionIcon size="xs" variant="subtle" color="gray" aria-label="Do not send" onClick={() => cancel.mutate()}>
            <IconX size={13} />
          </ActionIcon>
        )}
      </div>
      {isFailed && (
        <Group gap={6} mt={2}>
          <Text size="xs" c="red">
            {reasonText(message.error?.code ?? "", message.error?.message)}
          </Text>
          {retry.isSuccess && (
            <Text size="xs" c="dimmed">
              Sent again below.
            </Text>
          )}
          {canSend && !retry.isSuccess && (
            <Button
              size="compact-xs"
              variant="subtle"
              color="red"
              leftSection={<IconRefresh size={12} aria-hidden />}
              loading={retry.isPending}
              onClick={() => retry.mutate()}
              data-testid="retry"
            >
              Try again
            </Button>
          )}
        </Group>
      )}
    </article>
  );
}

