import { Badge, Button, Code, Text } from "@mantine/core";
import { IconKey, IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type ApiKey, apiKeysQuery } from "@/api/apiKeys";
import { keys } from "@/api/keys";
import { useMay, useMe } from "@/api/session";
import { usersQuery } from "@/api/users";
import { FilterBar } from "@/components/filters/FilterBar";
import { Page } from "@/components/Page";
import { SecretOnce } from "@/components/SecretOnce";
import { EmptyState } from "@/components/states";
import { type Column, DataTable } from "@/components/table/DataTable";
import { TimeText } from "@/components/texts";
import { useFilters } from "@/hooks/useFilters";
import { CreateKey } from "./CreateKey";
import { filters } from "./filters";
import { KeyMenu } from "./KeyMenu";
import { kindNames, scopesText } from "./kinds";

const kindChoices = Object.entries(kindNames).map(([value, label]) => ({ value, label }));

/** By `sort`; keys never used come last. */
function sorted(rows: readonly ApiKey[], sort: string | undefined): ApiKey[] {
  const field = (sort ?? "-created_at").replace("-", "") as "name" | "created_at" | "last_used_at";
  const sign = (sort ?? "-created_at").startsWith("-") ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [one, other] = [a[field], b[field]];
    if (one === null || other === null) return (one === null ? 1 : 0) - (other === null ? 1 : 0);
    return sign * one.localeCompare(other);
  });
}

export function ApiKeysPage() {
  const client = useQueryClient();
  const may = useMay();
  const { user } = useMe();
  const { values, change, clear } = useFilters(filters);
  const [secret, setSecret] = useState<string | null>(null);
  const list = useQuery(apiKeysQuery);
  const { data: people } = useQuery({ ...usersQuery, enabled: may("users:read") });
  const nameOf = (id: string) => (id === user.id ? "You" : (people?.users.find((one) => one.id === id)?.name ?? "Somebody who left"));
  const word = values.search?.toLowerCase() ?? "";
  const rows = sorted(
    (list.data ?? []).filter(
      ({ name, prefix, kind }) =>
        (!word || name.toLowerCase().includes(word) || prefix.toLowerCase().includes(word)) && (!values.kind || kind === values.kind),
    ),
    values.sort,
  );
  const onMade = (key: string) => {
    setSecret(key);
    void client.invalidateQueries({ queryKey: keys.apiKeys });
  };
  const columns: Column<ApiKey>[] = [
    {
      key: "name",
      header: "Name",
      width: "minmax(150px, 2fr)",
      card: "title",
      sort: "name",
      cell: ({ name, prefix }) => (
        <div style={{ minWidth: 0 }}>
          <Text size="sm" fw={550} truncate title={name}>
            {name}
          </Text>
          <Code>{prefix}…</Code>
        </div>
      ),
    },
    {
      key: "kind",
      header: "Kind",
      width: "minmax(110px, 1fr)",
      from: 760,
      cell: ({ kind }) => (
        <Badge variant="light" color={kind === "secret" ? "iris" : "gray"} tt="none" fw={550}>
          {kindNames[kind]}
        </Badge>
      ),
    },
    {
      key: "scopes",
      header: "May do",
      width: "minmax(140px, 1.6fr)",
      from: 900,
      cell: ({ scopes, kind }) => (
        <Text size="sm" c="dimmed" lineClamp={2} title={scopes?.join(", ")}>
          {scopesText(scopes, kind)}
        </Text>
      ),
    },
    { key: "owner", header: "Owner", width: "minmax(90px, 1fr)", from: 1040, cell: ({ user_id: id }) => nameOf(id) },
    {
      key: "last_used_at",
      header: "Last used",
      width: "110px",
      sort: "last_used_at",
      cell: ({ last_used_at: at }) => (at ? <TimeText iso={at} /> : "Never"),
    },
    {
      key: "expires_at",
      header: "Ends",
      width: "100px",
      from: 620,
      cell: ({ expires_at: at }) => (at ? <TimeText iso={at} look="short" /> : "Never"),
    },
    {
      key: "actions",
      header: "Actions",
      width: "64px",
      align: "end",
      card: "aside",
      cell: (row) => (row.user_id === user.id || may("keys:manage")) && <KeyMenu apiKey={row} onMade={onMade} />,
    },
  ];
  const create = may("keys:write") && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => change({ new: true })}>
      New key
    </Button>
  );
  return (
    <Page title="API keys" lead="Keys let your programs use the API in your name. Keep them as you keep a password." actions={create} width={1400}>
      <FilterBar
        values={values}
        change={change}
        clear={clear}
        search="Search names"
        fields={[{ kind: "choice", name: "kind", label: "Kind", choices: kindChoices }]}
        total={list.data && rows.length}
      />
      <DataTable
        label="API keys"
        testId="api-keys"
        columns={columns}
        rows={rows}
        rowId={({ id }) => id}
        rowLabel={({ name }) => name}
        rowHeight={64}
        isLoading={list.isPending}
        error={list.error}
        onRetry={() => void list.refetch()}
        sort={values.sort}
        onSort={(sort) => change({ sort: sort as typeof values.sort })}
        empty={
          list.data?.length ? (
            <EmptyState icon={<IconSearch size={26} />} title="Nothing matches">
              No key fits these filters.
            </EmptyState>
          ) : (
            <EmptyState icon={<IconKey size={26} />} title="No keys yet" color="iris" action={create}>
              Make one for each program, so that each can be revoked alone.
            </EmptyState>
          )
        }
      />
      <CreateKey isOpen={values.new === true} onClose={() => change({ new: undefined })} onMade={onMade} />
      <SecretOnce title="Your new key" label="Key" secret={secret} onClose={() => setSecret(null)} />
    </Page>
  );
}
