import { Anchor, Badge, Button, Group, Text } from "@mantine/core";
import { IconPhoneIncoming, IconPhoneOutgoing, IconPlayerPlayFilled, IconRecordMail } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { callQuery } from "@/api/calls";
import type { Message } from "@/api/conversations";
import { voicegramQuery } from "@/api/voicegrams";
import { Duration, TimeText } from "@/components/texts";
import { sentenceCase } from "@/format";
import { SummaryBadges } from "@/components/recording/SummaryBadges";
import classes from "./inbox.module.css";

/** Plays once asked: the sound and its link are fetched only then. */
function PlayButton({ url, label }: { url: string | null | undefined; label: string }) {
  const [isOpen, setOpen] = useState(false);
  if (!url) return null;
  // biome-ignore lint/a11y/useMediaCaption: the transcript stands beside it
  if (isOpen) return <audio src={url} controls autoPlay aria-label={label} style={{ width: "100%", height: 36 }} />;
  return (
    <Button
      size="compact-sm"
      variant="light"
      leftSection={<IconPlayerPlayFilled size={13} aria-hidden />}
      onClick={() => setOpen(true)}
      data-testid="play"
    >
      {label}
    </Button>
  );
}

export function VoicegramCard({ message }: { message: Message }) {
  const id = message.voicegram_id ?? message.id;
  const { data } = useQuery(voicegramQuery(id));
  const isWorking = data?.status === "processing";
  return (
    <div className={classes.card}>
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Group gap={8} wrap="nowrap">
          <IconRecordMail size={18} aria-hidden />
          <Text size="sm" fw={600}>
            Voice message
          </Text>
          {data && (
            <Text size="xs" c="dimmed">
              <Duration seconds={data.duration_seconds} /> · {data.channel.name}
            </Text>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          <TimeText iso={message.created_at} look="time" />
        </Text>
      </Group>
      <Text size="sm" mt={8} dir="auto" style={{ overflowWrap: "anywhere" }} lineClamp={8}>
        {isWorking ? "Being transcribed…" : message.body || data?.summary?.text || "No speech was recognised."}
      </Text>
      <Group gap={8} mt={10}>
        <PlayButton url={data?.audio?.url} label="Listen" />
        <Anchor size="sm" renderRoot={(props) => <Link to="/voicegrams/$id" params={{ id }} {...props} />}>
          Details
        </Anchor>
        {data && <SummaryBadges summary={data.summary} />}
      </Group>
    </div>
  );
}

function callTitle(isInbound: boolean, isMissed: boolean): string {
  if (isMissed) return isInbound ? "Missed call" : "Call not answered";
  return isInbound ? "Incoming call" : "Outgoing call";
}

export function CallCard({ message }: { message: Message }) {
  const id = message.call_id ?? message.id;
  const { data } = useQuery(callQuery(id));
  const isInbound = message.direction === "inbound";
  const Icon = isInbound ? IconPhoneIncoming : IconPhoneOutgoing;
  const isMissed = data && data.status !== "completed" && data.status !== "in_progress";
  return (
    <div className={classes.card}>
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Group gap={8} wrap="nowrap">
          <Icon size={18} aria-hidden color={isMissed ? "var(--mantine-color-red-text)" : undefined} />
          <Text size="sm" fw={600}>
            {callTitle(isInbound, Boolean(isMissed))}
          </Text>
          {data && data.status !== "completed" && data.status !== "no_answer" && (
            <Badge size="sm" variant="light" tt="none" color={isMissed ? "red" : "teal"}>
              {sentenceCase(data.status)}
            </Badge>
          )}
          {data && data.duration_seconds > 0 && (
            <Text size="xs" c="dimmed">
              <Duration seconds={data.duration_seconds} />
            </Text>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          <TimeText iso={message.created_at} look="time" />
        </Text>
      </Group>
      {message.body && (
        <Text size="sm" mt={8} dir="auto" style={{ overflowWrap: "anywhere" }} lineClamp={8}>
          {message.body}
        </Text>
      )}
      <Group gap={8} mt={10}>
        <PlayButton url={data?.recording_url} label="Listen" />
        <Anchor size="sm" renderRoot={(props) => <Link to="/calls/$id" params={{ id }} {...props} />}>
          Details
        </Anchor>
      </Group>
    </div>
  );
}
