import { Anchor, Badge, Button, Loader, Text } from "@mantine/core";
import { IconPhoneCall, IconRecordMail, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { channelsQuery } from "@/api/channels";
import { totalOf } from "@/api/list";
import { type Voicegram, voicegramsQuery } from "@/api/voicegrams";
import { FilterBar, type FilterField } from "@/components/filters/FilterBar";
import { Marks } from "@/components/Mark";
import { Page } from "@/components/Page";
import { SummaryBadges } from "@/components/recording/SummaryBadges";
import { EmptyState } from "@/components/states";
import { type Column, DataTable } from "@/components/table/DataTable";
import { listProps } from "@/components/table/listProps";
import { Duration, Tags, TimeText } from "@/components/texts";
import { phoneText, sentenceCase } from "@/format";
import { useFilters } from "@/hooks/useFilters";
import { useKeepFilters } from "@/hooks/useListPlace";
import { filters } from "./filters";

const choices = (values: readonly string[]) => values.map((value) => ({ value, label: sentenceCase(value) }));

const fields = (channels: { id: string; name: string }[]): FilterField[] => [
  { kind: "flag", name: "callback_required", label: "Call back", icon: <IconPhoneCall size={14} aria-hidden /> },
  { kind: "flag", name: "unread", label: "Unread" },
  {
    kind: "choice",
    name: "recording_channel_id",
    label: "Channel",
    choices: channels.map(({ id, name }) => ({ value: id, label: name })),
    isSearched: channels.length > 8,
  },
  { kind: "choice", name: "urgency", label: "Urgency", choices: choices(["high", "medium", "low"]) },
  { kind: "choice", name: "sentiment", label: "Sentiment", choices: choices(["positive", "neutral", "negative"]) },
  {
    kind: "choice",
    name: "status",
    label: "Status",
    choices: [...choices(["processing", "completed"]), { value: "failed_step", label: "With a failed step" }],
  },
  { kind: "dates", from: "from", to: "to", label: "Received" },
];

const nameOf = ({ sender }: Voicegram) => sender.email ?? (sender.phone ? phoneText(sender.phone) : "Unknown sender");

function Gist({ status, summary, transcript }: Voicegram) {
  if (status === "processing") {
    return (
      <Badge variant="light" color="blue" tt="none" fw={550} leftSection={<Loader size={10} color="blue" />}>
        Being transcribed
      </Badge>
    );
  }
  return (
    <Text size="sm" c="dimmed" lineClamp={2} fw={400}>
      {summary?.text || transcript.text || "No speech was recognised."}
    </Text>
  );
}

const columns: Column<Voicegram>[] = [
  {
    key: "sender",
    header: "From",
    width: "minmax(150px, 1.3fr)",
    card: "title",
    cell: (voicegram) => (
      <Text size="sm" fw="inherit" truncate title={nameOf(voicegram)}>
        {nameOf(voicegram)}
      </Text>
    ),
  },
  { key: "gist", header: "What it says", width: "minmax(220px, 3fr)", card: "plain", cell: (voicegram) => <Gist {...voicegram} /> },
  {
    key: "marks",
    header: "Marks",
    width: "minmax(180px, 1.8fr)",
    from: 860,
    card: "plain",
    cell: ({ summary, tags }) => (
      <Marks>
        <SummaryBadges summary={summary} isBrief />
        <Tags tags={tags} />
      </Marks>
    ),
  },
  { key: "channel", header: "Channel", width: "minmax(110px, 1fr)", from: 1180, card: "none", cell: ({ channel }) => channel.name },
  {
    key: "duration",
    header: "Length",
    width: "72px",
    sort: "duration_seconds",
    align: "end",
    card: "none",
    cell: ({ duration_seconds: seconds }) => <Duration seconds={seconds} />,
  },
  {
    key: "created_at",
    header: "Received",
    width: "104px",
    sort: "created_at",
    align: "end",
    card: "aside",
    cell: ({ created_at: at }) => <TimeText iso={at} />,
  },
];

export function VoicegramsPage() {
  const { values, change, clear } = useFilters(filters);
  const list = useInfiniteQuery(voicegramsQuery(values));
  const channels = useQuery(channelsQuery);
  useKeepFilters("voicegrams", values);
  const isFiltered = filters.names.some((name) => name !== "sort" && values[name] !== undefined);
  const total = list.data && totalOf(list.data);
  return (
    <Page title="Voicegrams" width={2000} lead="Voice messages from your pages and sites, transcribed and summarised.">
      <FilterBar
        values={values}
        change={change}
        clear={clear}
        fields={fields(channels.data?.recording_channels ?? [])}
        search="Search transcripts, summaries, senders"
        total={total}
      />
      <DataTable
        label="Voicegrams"
        testId="voicegrams"
        columns={columns}
        {...listProps(list)}
        rowId={({ id }) => id}
        rowLabel={(voicegram) => `Voicegram from ${nameOf(voicegram)}`}
        rowLink={({ id }) => ({ to: "/voicegrams/$id", params: { id } })}
        isStrong={({ is_read: isRead }) => !isRead}
        rowHeight={62}
        sort={values.sort}
        onSort={(sort) => change({ sort: sort as typeof values.sort })}
        empty={
          isFiltered ? (
            <EmptyState
              icon={<IconSearch size={26} />}
              title="Nothing matches"
              action={
                <Button variant="default" onClick={clear}>
                  Show all
                </Button>
              }
            >
              No voicegram fits these filters.
            </EmptyState>
          ) : (
            <EmptyState icon={<IconRecordMail size={26} />} title="No voicegrams yet" color="iris">
              Share the link of a channel or put its widget on your site: new messages appear here by themselves.{" "}
              <Anchor component={Link} to="/channels">
                See your channels
              </Anchor>
            </EmptyState>
          )
        }
      />
    </Page>
  );
}
