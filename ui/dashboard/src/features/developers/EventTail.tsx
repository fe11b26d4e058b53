import { Anchor, Badge, Button, Code, Collapse, CopyButton, Group, Paper, Select, Text, UnstyledButton } from "@mantine/core";
import { IconAntenna, IconChevronRight, IconPlayerPause, IconPlayerPlay, IconTrash } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { EmptyState } from "@/components/states";
import { sentenceCase } from "@/format";
import { useFormats } from "@/hooks/useFormats";
import { useLiveEvents } from "@/live/useLiveEvents";
import classes from "./developers.module.css";
import { kept, readEvent, type TailEvent } from "./tail";

const COLOURS: Record<string, string> = {
  call: "teal",
  message: "blue",
  conversation: "cyan",
  voicegram: "iris",
  lead: "orange",
  webhook: "grape",
};
const GROUPS = ["conversation", "message", "call", "voicegram", "lead", "recording_channel", "number", "webhook", "user", "api_key"];
const WHO: Record<string, string> = { user: "a person", api: "an API key", system: "the server" };

function Row({ event, isOpen, onToggle }: { event: TailEvent; isOpen: boolean; onToggle: () => void }) {
  const { timeZone, locale } = useFormats();
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "medium", ...(timeZone && { timeZone }) });
  const json = JSON.stringify(event.data, null, 2);
  return (
    <li className={classes.event} data-testid="tail-event" data-type={event.type}>
      <UnstyledButton className={classes.eventHead} onClick={onToggle} aria-expanded={isOpen}>
        <IconChevronRight size={14} className={classes.chevron} data-open={isOpen} aria-hidden />
        <Text size="xs" c="dimmed" ff="monospace" component="time" dateTime={event.at}>
          {time.format(new Date(event.at))}
        </Text>
        <Badge variant="light" tt="none" fw={550} color={COLOURS[event.type.split(".")[0] ?? ""] ?? "gray"}>
          {event.type}
        </Badge>
        <Text size="xs" c="dimmed" className={classes.eventId}>
          by {WHO[event.actor] ?? event.actor} · {event.id}
        </Text>
      </UnstyledButton>
      <Collapse expanded={isOpen}>
        {isOpen && (
          <div className={classes.payload}>
            <Code block tabIndex={0} role="group" aria-label={`Payload of ${event.type}`} className={classes.code}>
              {json}
            </Code>
            <CopyButton value={json}>
              {({ copied, copy }) => (
                <Button size="compact-xs" variant="default" mt={6} onClick={copy}>
                  {copied ? "Copied" : "Copy"}
                </Button>
              )}
            </CopyButton>
          </div>
        )}
      </Collapse>
    </li>
  );
}

interface EventTailProps {
  group: string | undefined;
  onGroup: (group: string | undefined) => void;
}

/** What happens in the account while one looks. */
export function EventTail({ group, onGroup }: EventTailProps) {
  const [events, setEvents] = useState<readonly TailEvent[]>([]);
  const [held, setHeld] = useState<readonly TailEvent[] | null>(null);
  const [open, setOpen] = useState<string | null>(null);
  useLiveEvents((heard) => {
    const event = readEvent(heard);
    if (!event) return;
    if (held) setHeld((before) => kept(before ?? [], event));
    else setEvents((before) => kept(before, event));
  });
  const resume = () => {
    setEvents((before) => [...(held ?? [])].reverse().reduce(kept, before));
    setHeld(null);
  };
  const shown = group ? events.filter(({ type }) => type.startsWith(`${group}.`)) : events;
  return (
    <Paper withBorder radius="lg" data-testid="tail">
      <Group p="sm" gap="xs" justify="space-between">
        <Group gap="xs">
          <span className={classes.pulse} data-paused={held !== null} aria-hidden />
          <Text size="sm" c="dimmed" role="status">
            {held ? `Paused${held.length > 0 ? `, ${held.length} waiting` : ""}` : "Listening"}
          </Text>
        </Group>
        <Group gap="xs">
          <Select
            size="xs"
            w={170}
            clearable
            aria-label="Kind of event"
            placeholder="All events"
            data={GROUPS.map((value) => ({ value, label: sentenceCase(value) }))}
            value={group ?? null}
            onChange={(value) => onGroup(value ?? undefined)}
          />
          <Button
            size="xs"
            variant="default"
            leftSection={held ? <IconPlayerPlay size={14} aria-hidden /> : <IconPlayerPause size={14} aria-hidden />}
            onClick={held ? resume : () => setHeld([])}
            data-testid="tail-pause"
          >
            {held ? "Go on" : "Pause"}
          </Button>
          <Button
            size="xs"
            variant="subtle"
            color="gray"
            leftSection={<IconTrash size={14} aria-hidden />}
            disabled={events.length === 0}
            onClick={() => setEvents([])}
          >
            Clear
          </Button>
        </Group>
      </Group>
      {shown.length === 0 ? (
        <EmptyState icon={<IconAntenna size={20} />} title="Nothing has happened yet" isSmall>
          Events appear here the moment they happen, with all that receivers get.{" "}
          <Anchor inherit underline="always" renderRoot={(props) => <Link to="/simulator" {...props} />}>
            Make something happen
          </Anchor>
        </EmptyState>
      ) : (
        <ol className={classes.events} aria-label="Events">
          {shown.map((event) => (
            <Row
              key={event.id}
              event={event}
              isOpen={open === event.id}
              onToggle={() => setOpen(open === event.id ? null : event.id)}
            />
          ))}
        </ol>
      )}
    </Paper>
  );
}
