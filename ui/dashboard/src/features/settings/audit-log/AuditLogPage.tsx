import { Button, List, Text } from "@mantine/core";
import { IconDownload, IconHistory, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { totalOf } from "@/api/list";
import { type AuditEntry, auditLogQuery, csvAddress } from "@/api/logs";
import { useMay } from "@/api/session";
import { usersQuery } from "@/api/users";
import { FilterBar } from "@/components/filters/FilterBar";
import { Page } from "@/components/Page";
import { EmptyState } from "@/components/states";
import { type Column, DataTable } from "@/components/table/DataTable";
import { listProps } from "@/components/table/listProps";
import { TimeText } from "@/components/texts";
import { useFilters } from "@/hooks/useFilters";
import { filters } from "./filters";
import { actionText, fieldText, targetKinds, valueText } from "./words";

const SHOWN = 4;

function Changes({ changes }: { changes: AuditEntry["changes"] }) {
  if (changes.length === 0) return null;
  return (
    <List size="sm" listStyleType="none" spacing={2} style={{ overflowWrap: "anywhere" }}>
      {changes.slice(0, SHOWN).map(({ field, from, to }) => (
        <List.Item key={field}>
          <Text span inherit c="dimmed">
            {fieldText(field)}:
          </Text>{" "}
          <del style={{ opacity: 0.75 }}>{valueText(from)}</del> → <ins style={{ textDecoration: "none" }}>{valueText(to)}</ins>
        </List.Item>
      ))}
      {changes.length > SHOWN && (
        <List.Item>
          <Text span inherit c="dimmed">
            and {changes.length - SHOWN} more
          </Text>
        </List.Item>
      )}
    </List>
  );
}

const actorKinds: Record<string, string> = { system: "The server", api: "A program" };

const columns: Column<AuditEntry>[] = [
  {
    key: "what",
    header: "What",
    width: "minmax(170px, 2fr)",
    card: "title",
    cell: ({ action, target }) => (
      <div style={{ minWidth: 0 }}>
        <Text size="sm" fw={550}>
          {actionText(action)}
        </Text>
        <Text size="sm" c="dimmed" truncate title={target.label}>
          {target.label}
        </Text>
      </div>
    ),
  },
  {
    key: "who",
    header: "Who",
    width: "minmax(120px, 1.2fr)",
    card: "plain",
    cell: ({ actor, ip }) => (
      <div style={{ minWidth: 0 }}>
        <Text size="sm" truncate>
          {actor.name || actorKinds[actor.kind] || actor.kind}
          {actor.key_id && (
            <Text span inherit c="dimmed">
              {" "}
              by key
            </Text>
          )}
        </Text>
        {ip && (
          <Text size="xs" c="dimmed">
            {ip}
          </Text>
        )}
      </div>
    ),
  },
  { key: "changes", header: "Changes", width: "minmax(220px, 4fr)", from: 700, card: "plain", cell: ({ changes }) => <Changes changes={changes} /> },
  { key: "at", header: "When", width: "104px", align: "end", card: "aside", cell: ({ at }) => <TimeText iso={at} /> },
];

export function AuditLogPage() {
  const may = useMay();
  const { values, change, clear } = useFilters(filters);
  const { search, ...rest } = values;
  const wanted = { ...rest, ...(search && { action: search }) };
  const list = useInfiniteQuery(auditLogQuery(wanted));
  const { data: people } = useQuery({ ...usersQuery, enabled: may("users:read") });
  const total = list.data && totalOf(list.data);
  const isFiltered = Object.values(wanted).some((value) => value !== undefined);
  return (
    <Page
      title="Audit log"
      lead="Who changed what. Kept for 400 days; nobody can change it."
      width={1800}
      actions={
        may("data:read") && (
          <Button component="a" href={csvAddress("/audit-log", wanted)} download="audit-log.csv" variant="default" leftSection={<IconDownload size={16} />}>
            CSV
          </Button>
        )
      }
    >
      <FilterBar
        values={values}
        change={change}
        clear={clear}
        fields={[
          {
            kind: "choice",
            name: "actor_id",
            label: "Who",
            choices: (people?.users ?? []).map(({ id, name }) => ({ value: id, label: name })),
            isSearched: (people?.users.length ?? 0) > 8,
          },
          { kind: "choice", name: "target_kind", label: "What", choices: targetKinds, isSearched: true },
          { kind: "dates", from: "from", to: "to", label: "When" },
        ]}
        total={total}
      />
      <DataTable
        label="Changes"
        testId="audit-log"
        columns={columns}
        {...listProps(list)}
        rowId={({ id }) => id}
        rowLabel={({ action, target }) => `${actionText(action)}, ${target.label}`}
        rowHeight={64}
        empty={
          isFiltered ? (
            <EmptyState icon={<IconSearch size={26} />} title="Nothing matches">
              No entry fits these filters.
            </EmptyState>
          ) : (
            <EmptyState icon={<IconHistory size={26} />} title="Nothing was changed yet">
              From now on every change is written down here.
            </EmptyState>
          )
        }
      />
    </Page>
  );
}
