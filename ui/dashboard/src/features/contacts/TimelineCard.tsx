import { Anchor, Button, Paper, SegmentedControl, Text, ThemeIcon, Title } from "@mantine/core";
import { IconHistory, IconMail, IconMessage, IconNote, IconPhone, IconRecordMail, IconSettings } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { type ActivityItem, type ActivityType, timelineQuery } from "@/api/leads";
import { rowsOf } from "@/api/list";
import { EmptyState, ErrorState, LoadingState } from "@/components/states";
import { TimeText } from "@/components/texts";
import classes from "./contacts.module.css";

const ICONS = { call: IconPhone, email: IconMail, sms: IconMessage, note: IconNote, system: IconSettings } as const;
const COLOURS = { call: "teal", email: "violet", sms: "blue", note: "yellow", system: "gray" } as const;
const KINDS: { value: ActivityType | "all"; label: string }[] = [
  { value: "all", label: "All" },
  { value: "call", label: "Calls" },
  { value: "sms", label: "Messages" },
  { value: "note", label: "Notes" },
  { value: "system", label: "Changes" },
];

/** Where the whole of it is shown. */
function linkOf({ ref }: ActivityItem): { to: string; id: string } | null {
  if (ref?.kind === "call") return { to: "/calls/$id", id: ref.id };
  if (ref?.kind === "voicegram") return { to: "/voicegrams/$id", id: ref.id };
  return null;
}

function Moment({ item }: { item: ActivityItem }) {
  const Icon = item.subtype === "voicegram" ? IconRecordMail : ICONS[item.activity_type];
  const link = linkOf(item);
  return (
    <li className={classes.moment}>
      <ThemeIcon variant="light" color={COLOURS[item.activity_type]} size={30} radius="xl" aria-hidden>
        <Icon size={16} />
      </ThemeIcon>
      <div className={classes.momentText}>
        <Text size="sm" fw={550} component="div">
          {link ? (
            <Anchor inherit renderRoot={(props) => <Link to={link.to} params={{ id: link.id } as never} {...props} />}>
              {item.summary}
            </Anchor>
          ) : (
            item.summary
          )}
        </Text>
        {item.content && (
          <Text size="sm" c="dimmed" lineClamp={3} className={classes.note}>
            {item.content}
          </Text>
        )}
        <Text size="xs" c="dimmed" mt={2}>
          <TimeText iso={item.created_at} />
          {item.actor.name && ` · ${item.actor.name}`}
        </Text>
      </div>
    </li>
  );
}

export function TimelineCard({ leadId }: { leadId: string }) {
  const [kind, setKind] = useState<ActivityType | "all">("all");
  const timeline = useInfiniteQuery(timelineQuery(leadId, kind === "all" ? undefined : kind));
  const items = rowsOf(timeline.data);
  return (
    <Paper withBorder radius="lg" p="md" component="section" aria-label="Timeline" data-testid="timeline">
      <Title order={2} size="h6" mb="sm">
        Timeline
      </Title>
      <SegmentedControl
        aria-label="What the timeline shows"
        size="xs"
        mb="md"
        fullWidth
        value={kind}
        onChange={(value) => setKind(value as ActivityType | "all")}
        data={KINDS}
      />
      {timeline.isPending && <LoadingState rows={4} height={40} />}
      {timeline.error && items.length === 0 && (
        <ErrorState error={timeline.error} retry={() => void timeline.refetch()} isSmall />
      )}
      {timeline.data && items.length === 0 && (
        <EmptyState icon={<IconHistory size={20} />} title="Nothing yet" isSmall>
          Calls, messages, notes and changes of this contact appear here.
        </EmptyState>
      )}
      <ol className={classes.timeline}>
        {items.map((item) => (
          <Moment key={item.id} item={item} />
        ))}
      </ol>
      {timeline.hasNextPage && (
        <Button variant="default" size="xs" loading={timeline.isFetchingNextPage} onClick={() => void timeline.fetchNextPage()}>
          Show older
        </Button>
      )}
    </Paper>
  );
}
