import { Badge, Button, Code, Switch, Text } from "@mantine/core";
import { IconApi, IconDownload, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { apiKeysQuery } from "@/api/apiKeys";
import { totalOf } from "@/api/list";
import { csvAddress, type LoggedRequest, requestLogQuery } from "@/api/logs";
import { useMay } from "@/api/session";
import { FilterBar, type FilterField } from "@/components/filters/FilterBar";
import { Page } from "@/components/Page";
import { EmptyState } from "@/components/states";
import { type Column, DataTable } from "@/components/table/DataTable";
import { listProps } from "@/components/table/listProps";
import { TimeText } from "@/components/texts";
import { useFilters } from "@/hooks/useFilters";
import { filters } from "./filters";

const LIVE_MS = 3_000;
const contracts: Record<string, string> = { votel: "Antiphon", voicegram: "Voicegram", voicory: "Voicory", vocatech: "Vocatech" };
const same = (values: readonly string[]) => values.map((value) => ({ value, label: value }));
const statusColor = (status: number) => (status >= 500 ? "red" : status >= 400 ? "orange" : status >= 300 ? "blue" : "teal");

const fieldsFor = (keyChoices: { value: string; label: string }[]): FilterField[] => [
  {
    kind: "choice",
    name: "status",
    label: "Status",
    choices: [
      { value: "2xx", label: "2xx: fine" },
      { value: "3xx", label: "3xx: elsewhere" },
      { value: "4xx", label: "4xx: refused" },
      { value: "5xx", label: "5xx: server error" },
    ],
  },
  { kind: "choice", name: "method", label: "Method", choices: same(["GET", "POST", "PUT", "PATCH", "DELETE"]) },
  { kind: "choice", name: "contract", label: "API", choices: Object.entries(contracts).map(([value, label]) => ({ value, label })) },
  { kind: "choice", name: "key_id", label: "Key", choices: keyChoices, isSearched: keyChoices.length > 8 },
  { kind: "dates", from: "from", to: "to", label: "When" },
];

const columns: Column<LoggedRequest>[] = [
  {
    key: "path",
    header: "Request",
    width: "minmax(200px, 4fr)",
    card: "title",
    cell: ({ method, path }) => (
      <Text size="sm" truncate title={`${method} ${path}`} ff="monospace">
        <b>{method}</b> {path}
      </Text>
    ),
  },
  {
    key: "status",
    header: "Status",
    width: "80px",
    card: "aside",
    cell: ({ status }) => (
      <Badge variant="light" color={statusColor(status)}>
        {status}
      </Badge>
    ),
  },
  { key: "contract", header: "API", width: "100px", from: 760, cell: ({ contract }) => contracts[contract] ?? contract },
  {
    key: "key",
    header: "By",
    width: "minmax(100px, 1fr)",
    from: 640,
    cell: ({ key_name: name, key_id: id }) => (
      <Text size="sm" truncate c={id ? undefined : "dimmed"}>
        {name ?? (id ? "A key" : "Dashboard")}
      </Text>
    ),
  },
  { key: "ip", header: "From", width: "130px", from: 1000, cell: ({ ip }) => <Code>{ip}</Code> },
  { key: "duration", header: "Took", width: "90px", from: 700, align: "end", cell: ({ duration_ms: ms }) => `${Math.round(ms * 10) / 10} ms` },
  { key: "at", header: "When", width: "104px", align: "end", cell: ({ at }) => <TimeText iso={at} /> },
];

export function RequestLogPage() {
  const may = useMay();
  const { values, change, clear } = useFilters(filters);
  const [isLive, setLive] = useState(false);
  const { search, ...rest } = values;
  // The search of the bar is the beginning of a path.
  const wanted = { ...rest, ...(search && { path: search }) };
  const list = useInfiniteQuery({ ...requestLogQuery(wanted), ...(isLive && { refetchInterval: LIVE_MS }) });
  const { data: apiKeys } = useQuery({ ...apiKeysQuery, enabled: may("keys:read") });
  const total = list.data && totalOf(list.data);
  const isFiltered = Object.values(wanted).some((value) => value !== undefined);
  return (
    <Page
      title="Request log"
      lead="Every request to the API by your keys and people."
      width={1800}
      actions={
        may("data:read") && (
          <Button component="a" href={csvAddress("/request-log", wanted)} download variant="default" leftSection={<IconDownload size={16} />}>
            CSV
          </Button>
        )
      }
    >
      <FilterBar
        values={values}
        change={change}
        clear={clear}
        fields={fieldsFor((apiKeys ?? []).map(({ id, name }) => ({ value: id, label: name })))}
        search="Path begins with"
        total={total}
      >
        <Switch label="Live" checked={isLive} onChange={(event) => setLive(event.currentTarget.checked)} />
      </FilterBar>
      <DataTable
        label="Requests"
        testId="request-log"
        columns={columns}
        {...listProps(list)}
        rowId={({ id }) => id}
        rowLabel={({ method, path, status }) => `${method} ${path}, ${status}`}
        rowHeight={44}
        empty={
          isFiltered ? (
            <EmptyState icon={<IconSearch size={26} />} title="Nothing matches">
              No request fits these filters.
            </EmptyState>
          ) : (
            <EmptyState icon={<IconApi size={26} />} title="No requests yet">
              They appear here as soon as a program or a person uses the API.
            </EmptyState>
          )
        }
      />
    </Page>
  );
}
