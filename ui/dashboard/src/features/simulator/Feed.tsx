import { Anchor, Badge, Group, Loader, Paper, Skeleton, Stack, Text, ThemeIcon } from "@mantine/core";
import {
  IconBrandWhatsapp,
  IconMessage,
  IconPhoneIncoming,
  IconPhoneOutgoing,
  IconRecordMail,
  IconSparkles,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { recentCallsQuery, recentMessagesQuery, recentVoicegramsQuery } from "@/api/simulator";
import type { CallRow, Message, VoicegramRow } from "@/api/types";
import { EmptyState, ErrorState } from "@/components/states";
import { Duration, TimeText } from "@/components/texts";
import { phoneText, sentenceCase } from "@/format";
import { useNow } from "@/hooks/useFormats";
import { type Arrival, arrivals, stillPending } from "./feed";
import type { Pending } from "./pending";
import classes from "./simulator.module.css";

const SLOW_MS = 60_000;
const LOOK = { variant: "light", tt: "none", fw: 550 } as const;

interface CardProps {
  icon: ReactNode;
  color: string;
  title: ReactNode;
  at?: string;
  marks?: ReactNode;
  isNew?: boolean;
  children?: ReactNode;
  links?: ReactNode;
  testId?: string;
}

function Card({ icon, color, title, at, marks, isNew = false, children, links, testId }: CardProps) {
  return (
    <Paper component="li" withBorder radius="lg" p="md" className={classes.arrival} data-new={isNew} data-testid={testId}>
      <Group wrap="nowrap" align="flex-start" gap="sm">
        <ThemeIcon variant="light" color={color} size={34} radius="xl" aria-hidden>
          {icon}
        </ThemeIcon>
        <div className={classes.arrivalText}>
          <Group justify="space-between" wrap="nowrap" gap="xs">
            <Text size="sm" fw={600} component="div" className={classes.arrivalText}>
              {title}
            </Text>
            {at && (
              <Text size="xs" c="dimmed" component="div" style={{ whiteSpace: "nowrap" }}>
                <TimeText iso={at} />
              </Text>
            )}
          </Group>
          {children}
          {(marks || links) && (
            <Group gap={6} mt={8}>
              {marks}
              {links && (
                <Group gap="sm" ms="auto">
                  {links}
                </Group>
              )}
            </Group>
          )}
        </div>
      </Group>
    </Paper>
  );
}

const To = ({ to, id, children }: { to: string; id: string; children: ReactNode }) => (
  <Anchor size="sm" renderRoot={(props) => <Link to={to} params={{ id } as never} {...props} />}>
    {children}
  </Anchor>
);

const InInbox = ({ id }: { id: string | null }) =>
  id ? (
    <To to="/inbox/$id" id={id}>
      Inbox
    </To>
  ) : null;

const ENDS: Record<string, { text: string; color: string }> = {
  completed: { text: "Answered", color: "teal" },
  no_answer: { text: "No answer", color: "orange" },
  busy: { text: "Busy", color: "orange" },
  failed: { text: "Failed", color: "red" },
};

const Working = ({ children }: { children: ReactNode }) => (
  <Badge {...LOOK} color="blue" leftSection={<Loader size={10} color="blue" />}>
    {children}
  </Badge>
);

function CallCard({ call, isNew }: { call: CallRow; isNew: boolean }) {
  const isIn = call.direction === "inbound";
  const other = isIn ? call.from_number : call.to_number;
  const end = call.voicemail ? { text: "Voicemail", color: "violet" } : (ENDS[call.status] ?? { text: call.status, color: "gray" });
  return (
    <Card
      testId="arrived-call"
      icon={isIn ? <IconPhoneIncoming size={18} /> : <IconPhoneOutgoing size={18} />}
      color="teal"
      title={
        <>
          {isIn ? "Call from " : "Call to "}
          {call.lead_name ?? (other ? phoneText(other) : "an unknown number")}
        </>
      }
      at={call.created_at}
      isNew={isNew}
      marks={
        <>
          <Badge {...LOOK} color={end.color}>
            {end.text}
          </Badge>
          {call.duration_seconds > 0 && (
            <Badge {...LOOK} color="gray">
              <Duration seconds={call.duration_seconds} />
            </Badge>
          )}
          {call.has_recording && !call.analyzed_at && <Working>Being transcribed</Working>}
        </>
      }
      links={
        <>
          <To to="/calls/$id" id={call.id}>
            Call
          </To>
          <InInbox id={call.conversation_id} />
        </>
      }
    >
      {call.summary && (
        <Text size="sm" c="dimmed" mt={2} lineClamp={3}>
          {call.summary}
        </Text>
      )}
    </Card>
  );
}

function MessageCard({ message, isNew }: { message: Message; isNew: boolean }) {
  const isIn = message.direction === "inbound";
  const isWhatsApp = message.channel === "whatsapp";
  const other = (isIn ? message.from : message.to) ?? "";
  const name = isIn ? message.author.name : null;
  return (
    <Card
      testId="arrived-message"
      icon={isWhatsApp ? <IconBrandWhatsapp size={18} /> : <IconMessage size={18} />}
      color={isWhatsApp ? "green" : "blue"}
      title={
        <>
          {isIn ? "Message from " : "Message to "}
          {name || phoneText(other)}
        </>
      }
      at={message.created_at}
      isNew={isNew}
      marks={
        <Badge {...LOOK} color={message.status === "failed" ? "red" : "gray"}>
          {isWhatsApp ? "WhatsApp" : "SMS"}
          {!isIn && ` · ${sentenceCase(message.status)}`}
        </Badge>
      }
      links={<InInbox id={message.conversation_id} />}
    >
      <Text size="sm" c="dimmed" mt={2} lineClamp={3} className={classes.said}>
        {message.body}
      </Text>
    </Card>
  );
}

function VoicegramCard({ voicegram, isNew }: { voicegram: VoicegramRow; isNew: boolean }) {
  const { summary, status } = voicegram;
  return (
    <Card
      testId="arrived-voicegram"
      icon={<IconRecordMail size={18} />}
      color="iris"
      title={<>Voicegram from {voicegram.sender.email ?? "somebody"}</>}
      at={voicegram.created_at}
      isNew={isNew}
      marks={
        <>
          {status === "processing" && <Working>Being transcribed</Working>}
          {summary?.urgency && (
            <Badge {...LOOK} color={summary.urgency === "high" ? "red" : summary.urgency === "medium" ? "orange" : "gray"}>
              {sentenceCase(summary.urgency)} urgency
            </Badge>
          )}
          {summary?.callback_required && (
            <Badge {...LOOK} color="iris">
              Call back
            </Badge>
          )}
        </>
      }
      links={
        <To to="/voicegrams/$id" id={voicegram.id}>
          Voicegram
        </To>
      }
    >
      {(summary?.text || voicegram.transcript.text) && (
        <Text size="sm" c="dimmed" mt={2} lineClamp={3}>
          {summary?.text || voicegram.transcript.text}
        </Text>
      )}
    </Card>
  );
}

function PendingCard({ kind, who, at }: Pending) {
  const isSlow = useNow() - at > SLOW_MS;
  return (
    <Card
      testId="pending"
      icon={<Loader size={16} />}
      color="gray"
      title={kind === "call" ? `Calling: ${phoneText(who)}` : `Voice message from ${who}`}
    >
      <Text size="sm" c="dimmed" mt={2}>
        {isSlow ? "This takes longer than usual." : kind === "call" ? "The conversation is being spoken." : "The message is being spoken."}
      </Text>
    </Card>
  );
}

function Arrived({ arrival, isNew }: { arrival: Arrival; isNew: boolean }) {
  if (arrival.kind === "call") return <CallCard call={arrival.call} isNew={isNew} />;
  if (arrival.kind === "message") return <MessageCard message={arrival.message} isNew={isNew} />;
  return <VoicegramCard voicegram={arrival.voicegram} isNew={isNew} />;
}

/** Everything that comes in, as it comes in. */
export function Feed({ pending }: { pending: readonly Pending[] }) {
  const calls = useQuery(recentCallsQuery);
  const messages = useQuery(recentMessagesQuery);
  const voicegrams = useQuery(recentVoicegramsQuery);
  const [openedAt] = useState(() => Date.now());
  const error = calls.error ?? messages.error ?? voicegrams.error;
  const items = arrivals(calls.data ?? [], messages.data ?? [], voicegrams.data ?? []);
  const waiting = stillPending(pending, calls.data ?? [], voicegrams.data ?? []);
  if (error && items.length === 0) {
    const retry = () => void Promise.all([calls.refetch(), messages.refetch(), voicegrams.refetch()]);
    return <ErrorState error={error} retry={retry} isSmall />;
  }
  if (calls.isPending || messages.isPending || voicegrams.isPending) {
    return (
      <Stack gap="sm">
        {[0, 1, 2].map((row) => (
          <Skeleton key={row} height={96} radius="lg" />
        ))}
      </Stack>
    );
  }
  if (items.length === 0 && waiting.length === 0) {
    return (
      <EmptyState icon={<IconSparkles size={22} />} title="Nothing has arrived yet" color="iris" isSmall>
        Place a call, send a message or leave a voice message: it appears here within seconds.
      </EmptyState>
    );
  }
  return (
    <ul className={classes.feed} aria-live="polite" aria-label="What has arrived" data-testid="feed">
      {waiting.map((item) => (
        <PendingCard key={item.id} {...item} />
      ))}
      {items.map((arrival) => (
        <Arrived key={arrival.id} arrival={arrival} isNew={Date.parse(arrival.at) > openedAt} />
      ))}
    </ul>
  );
}
