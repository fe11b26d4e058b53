import { Anchor, Badge, Button, Group, Text, Tooltip } from "@mantine/core";
import { IconMicrophone, IconPhone, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type CallRow, callsQuery, numbersQuery, type PhoneNumber } from "@/api/calls";
import { totalOf } from "@/api/list";
import { simulatorQuery, useMay } from "@/api/session";
import { usersQuery } from "@/api/users";
import { ExportButton } from "@/components/ExportButton";
import { FilterBar, type FilterField } from "@/components/filters/FilterBar";
import { Mark, Marks } from "@/components/Mark";
import { Page } from "@/components/Page";
import { SummaryBadges } from "@/components/recording/SummaryBadges";
import { EmptyState } from "@/components/states";
import { type Column, DataTable } from "@/components/table/DataTable";
import { listProps } from "@/components/table/listProps";
import { Duration, PhoneText, Tags, TimeText } from "@/components/texts";
import { phoneText, sentenceCase } from "@/format";
import { useFilters } from "@/hooks/useFilters";
import { useKeepFilters } from "@/hooks/useListPlace";
import { filters } from "./filters";
import {
  DirectionIcon,
  directionChoices,
  directionWord,
  isMissed,
  outsideNumber,
  ownNumber,
  partyName,
  StatusBadge,
  statusChoices,
  statusWord,
  summaryOf,
} from "./words";

const fields = (users: { id: string; name: string }[], numbers: PhoneNumber[]): FilterField[] => [
  { kind: "choice", name: "direction", label: "Direction", choices: directionChoices },
  { kind: "choice", name: "status", label: "Status", choices: statusChoices },
  {
    kind: "choice",
    name: "sentiment",
    label: "Sentiment",
    choices: ["positive", "neutral", "negative"].map((value) => ({ value, label: sentenceCase(value) })),
  },
  ...(users.length > 1
    ? [
        {
          kind: "choice",
          name: "user_id",
          label: "Answered by",
          choices: users.map(({ id, name }) => ({ value: id, label: name })),
          isSearched: users.length > 8,
        } as const,
      ]
    : []),
  ...(numbers.length > 1
    ? [
        {
          kind: "choice",
          name: "number_id",
          label: "Our number",
          choices: numbers.map(({ id, phone_number: phone, label }) => ({ value: id, label: label || phoneText(phone) })),
          isSearched: numbers.length > 8,
        } as const,
      ]
    : []),
  { kind: "flag", name: "has_recording", label: "With recording", icon: <IconMicrophone size={14} aria-hidden /> },
  { kind: "dates", from: "from", to: "to", label: "Date" },
];

function Gist({ call }: { call: CallRow }) {
  if (call.summary) {
    return (
      <Text size="sm" c="dimmed" lineClamp={2} dir="auto" style={{ overflowWrap: "anywhere" }}>
        {call.summary}
      </Text>
    );
  }
  return call.has_recording && !call.analyzed_at ? (
    <Badge variant="light" color="blue" tt="none" fw={550}>
      Being transcribed
    </Badge>
  ) : null;
}

const columns: Column<CallRow>[] = [
  {
    key: "party",
    header: "With",
    width: "minmax(180px, 1.4fr)",
    card: "title",
    cell: (call) => {
      const number = outsideNumber(call);
      return (
        <Group gap={10} wrap="nowrap" miw={0}>
          <DirectionIcon call={call} />
          <div style={{ minWidth: 0 }}>
            <Text size="sm" fw={isMissed(call) ? 650 : 550} truncate dir="auto" title={partyName(call)}>
              {partyName(call)}
            </Text>
            {call.lead_name && number && (
              <Text size="xs" c="dimmed" truncate>
                <PhoneText phone={number} />
              </Text>
            )}
          </div>
        </Group>
      );
    },
  },
  { key: "gist", header: "What was said", width: "minmax(200px, 2.6fr)", from: 640, card: "plain", cell: (call) => <Gist call={call} /> },
  {
    key: "marks",
    header: "Marks",
    width: "minmax(150px, 1.5fr)",
    from: 1040,
    card: "plain",
    cell: (call) => (
      <Marks>
        <SummaryBadges summary={summaryOf(call)} isBrief />
        {call.disposition && <Mark color="gray">{call.disposition}</Mark>}
        <Tags tags={call.tags} />
      </Marks>
    ),
  },
  { key: "status", header: "Status", width: "116px", card: "plain", cell: (call) => <StatusBadge call={call} /> },
  {
    key: "number",
    header: "Our number",
    width: "150px",
    from: 1280,
    card: "none",
    cell: (call) => {
      const number = ownNumber(call);
      return number && <PhoneText phone={number} />;
    },
  },
  {
    key: "duration",
    header: "Length",
    width: "88px",
    sort: "duration_seconds",
    align: "end",
    card: "none",
    cell: (call) => (
      <Group gap={6} wrap="nowrap" justify="flex-end">
        {call.has_recording && (
          <Tooltip label="Recorded" withArrow>
            <IconMicrophone size={14} role="img" aria-label="Recorded" />
          </Tooltip>
        )}
        {call.duration_seconds > 0 ? <Duration seconds={call.duration_seconds} /> : "–"}
      </Group>
    ),
  },
  {
    key: "started_at",
    header: "Started",
    width: "104px",
    sort: "started_at",
    align: "end",
    card: "aside",
    cell: ({ started_at: at }) => <TimeText iso={at} />,
  },
];

export function CallsPage() {
  const { values, change, clear } = useFilters(filters);
  const may = useMay();
  const list = useInfiniteQuery(callsQuery(values));
  const users = useQuery(usersQuery);
  const numbers = useQuery({ ...numbersQuery, enabled: may("phone:read") });
  const simulator = useQuery({ ...simulatorQuery, enabled: may("simulator:send") });
  useKeepFilters("calls", values);
  const isFiltered = filters.names.some((name) => name !== "sort" && values[name] !== undefined);
  const total = list.data && totalOf(list.data);
  return (
    <Page
      title="Calls"
      width={2000}
      lead="Every call with its recording, what was said and what came of it."
      actions={total && may("data:read") ? <ExportButton path="/activity/calls" query={values} name="calls" /> : undefined}
    >
      <FilterBar
        values={values}
        change={change}
        clear={clear}
        fields={fields(users.data?.users ?? [], numbers.data?.phone_numbers ?? [])}
        search="Search what was said"
        total={total}
      />
      <DataTable
        label="Calls"
        testId="calls"
        columns={columns}
        {...listProps(list)}
        rowId={({ id }) => id}
        rowLabel={(call) => `${directionWord(call)} call with ${partyName(call)}, ${statusWord(call).toLowerCase()}`}
        rowLink={({ id }) => ({ to: "/calls/$id", params: { id } })}
        rowHeight={60}
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
              No call fits these filters.
            </EmptyState>
          ) : (
            <EmptyState icon={<IconPhone size={26} />} title="No calls yet" color="iris">
              Calls to and from your numbers appear here by themselves, with what was said in them.{" "}
              {simulator.data && (
                <Anchor component={Link} to="/simulator">
                  Try one in the simulator
                </Anchor>
              )}
            </EmptyState>
          )
        }
      />
    </Page>
  );
}
