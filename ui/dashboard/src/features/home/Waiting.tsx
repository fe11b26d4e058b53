import { Badge, Group, Paper, Text, ThemeIcon } from "@mantine/core";
import { IconChecks, IconInbox, IconPhoneCall, IconPhoneX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Section } from "@/components/Page";
import { EmptyState, LoadingState } from "@/components/states";
import { TimeText } from "@/components/texts";
import classes from "./home.module.css";

/** One thing that waits for somebody. */
export interface Waiting {
  id: string;
  to: string;
  params: Record<string, string>;
  kind: "voicegram" | "conversation" | "call";
  name: string;
  text: string;
  at: string;
  isUrgent: boolean;
}

const looks: Record<Waiting["kind"], { icon: ReactNode; color: string; word: string }> = {
  voicegram: { icon: <IconPhoneCall size={17} />, color: "iris", word: "Voicegram" },
  conversation: { icon: <IconInbox size={17} />, color: "teal", word: "Conversation" },
  call: { icon: <IconPhoneX size={17} />, color: "orange", word: "Missed call" },
};

const SHOWN = 8;

/** The newest of all kinds first; what is urgent before the rest. */
export function orderWaiting(items: readonly Waiting[]): Waiting[] {
  const seen = new Set<string>();
  return [...items]
    .sort((one, other) => Number(other.isUrgent) - Number(one.isUrgent) || other.at.localeCompare(one.at))
    .filter(({ kind, id }) => !seen.has(kind + id) && seen.add(kind + id))
    .slice(0, SHOWN);
}

function Row({ item }: { item: Waiting }) {
  const look = looks[item.kind];
  return (
    <li>
      <Link to={item.to} params={item.params as never} className={classes.row} data-testid="waiting">
        <ThemeIcon variant="light" color={look.color} size={34} radius="xl" aria-hidden>
          {look.icon}
        </ThemeIcon>
        <div style={{ flex: 1, minWidth: 0 }}>
          <Group gap={8} wrap="nowrap">
            <Text size="sm" fw={600} truncate dir="auto">
              {item.name}
            </Text>
            {item.isUrgent && (
              <Badge size="sm" variant="light" color="red" tt="none" style={{ flex: "none" }}>
                Urgent
              </Badge>
            )}
          </Group>
          <Text size="sm" c="dimmed" lineClamp={1} dir="auto" style={{ overflowWrap: "anywhere" }}>
            {item.text || look.word}
          </Text>
        </div>
        <Text size="xs" c="dimmed" style={{ flex: "none" }}>
          <TimeText iso={item.at} />
        </Text>
      </Link>
    </li>
  );
}

/** What somebody should look at, each a way to it; undefined while loading. */
export function WaitingList({ items }: { items: Waiting[] | undefined }) {
  return (
    <Section title="Waiting for you">
      <Paper withBorder radius="lg">
        {!items && <LoadingState rows={5} height={40} label="Loading what waits" />}
        {items?.length === 0 && (
          <EmptyState icon={<IconChecks size={22} />} title="All caught up" color="teal" isSmall>
            Nobody waits for an answer.
          </EmptyState>
        )}
        {items && items.length > 0 && (
          <ul className={classes.list}>
            {items.map((item) => (
              <Row key={item.kind + item.id} item={item} />
            ))}
          </ul>
        )}
      </Paper>
    </Section>
  );
}
