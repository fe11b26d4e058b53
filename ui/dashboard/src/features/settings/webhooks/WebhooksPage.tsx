import { Badge, Button, Text } from "@mantine/core";
import { IconPlus, IconSearch, IconWebhook } from "@tabler/icons-react";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "@/api/keys";
import { totalOf } from "@/api/list";
import { useMay } from "@/api/session";
import { type Webhook, webhooksQuery } from "@/api/webhooks";
import { FilterBar } from "@/components/filters/FilterBar";
import { Page } from "@/components/Page";
import { SecretOnce } from "@/components/SecretOnce";
import { EmptyState } from "@/components/states";
import { type Column, DataTable } from "@/components/table/DataTable";
import { listProps } from "@/components/table/listProps";
import { TimeText } from "@/components/texts";
import { plural } from "@/format";
import { useFilters } from "@/hooks/useFilters";
import { contractNames, nameOfContract, nameOfWebhook } from "./contracts";
import { filters } from "./filters";
import { StateBadge } from "./StateBadge";
import { WebhookForm } from "./WebhookForm";

const columns: Column<Webhook>[] = [
  {
    key: "name",
    header: "Receiver",
    width: "minmax(180px, 3fr)",
    card: "title",
    cell: (webhook) => (
      <div style={{ minWidth: 0 }}>
        <Text size="sm" fw={550} truncate>
          {nameOfWebhook(webhook)}
        </Text>
        {webhook.name && (
          <Text size="xs" c="dimmed" truncate title={webhook.url}>
            {webhook.url}
          </Text>
        )}
      </div>
    ),
  },
  { key: "state", header: "State", width: "100px", card: "aside", cell: (webhook) => <StateBadge webhook={webhook} /> },
  {
    key: "contract",
    header: "Shape",
    width: "110px",
    cell: ({ contract }) => (
      <Badge variant="light" color="iris" tt="none" fw={550}>
        {nameOfContract(contract)}
      </Badge>
    ),
  },
  {
    key: "events",
    header: "Events",
    width: "minmax(110px, 1.4fr)",
    from: 820,
    cell: ({ events }) => (
      <Text size="sm" c="dimmed" truncate title={events.join(", ")}>
        {events.length === 0 ? "All" : events.length === 1 ? events[0] : plural(events.length, "event")}
      </Text>
    ),
  },
  {
    key: "last",
    header: "Last delivery",
    width: "120px",
    from: 680,
    cell: ({ last_delivery_at: at }) => (at ? <TimeText iso={at} /> : "None yet"),
  },
];

export function WebhooksPage() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const may = useMay();
  const { values, change, clear } = useFilters(filters);
  const [made, setMade] = useState<{ id: string; secret: string } | null>(null);
  const { contract, state } = values;
  const list = useInfiniteQuery(webhooksQuery({ ...(contract && { contract }), ...(state && { is_active: state === "active" }) }));
  const total = list.data && totalOf(list.data);
  const create = may("settings:write") && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => change({ new: true })}>
      New webhook
    </Button>
  );
  return (
    <Page title="Webhooks" lead="Your servers are told of what happens, as it happens." actions={create} width={1400}>
      <FilterBar
        values={values}
        change={change}
        clear={clear}
        fields={[
          {
            kind: "choice",
            name: "contract",
            label: "Shape",
            choices: Object.entries(contractNames).map(([value, label]) => ({ value, label })),
          },
          {
            kind: "choice",
            name: "state",
            label: "State",
            choices: [
              { value: "active", label: "Active" },
              { value: "off", label: "Off" },
            ],
          },
        ]}
        total={total}
      />
      <DataTable
        label="Webhooks"
        testId="webhooks"
        columns={columns}
        {...listProps(list)}
        rowId={({ id }) => id}
        rowLabel={nameOfWebhook}
        rowLink={({ id }) => ({ to: "/settings/webhooks/$id", params: { id } })}
        rowHeight={60}
        empty={
          contract || state ? (
            <EmptyState icon={<IconSearch size={26} />} title="Nothing matches">
              No webhook fits these filters.
            </EmptyState>
          ) : (
            <EmptyState icon={<IconWebhook size={26} />} title="No webhooks yet" color="iris" action={create}>
              Give the address of a program that should be told of new voicegrams, calls and messages.
            </EmptyState>
          )
        }
      />
      {values.new && (
        <WebhookForm
          onClose={() => change({ new: undefined })}
          onSaved={(webhook, secret) => {
            change({ new: undefined });
            void client.invalidateQueries({ queryKey: keys.webhooks });
            if (secret) setMade({ id: webhook.id, secret });
          }}
        />
      )}
      <SecretOnce
        title="The signing secret"
        label="Secret"
        secret={made?.secret ?? null}
        onClose={() => {
          const id = made?.id;
          setMade(null);
          if (id) void navigate({ to: "/settings/webhooks/$id", params: { id } });
        }}
      >
        <Text size="sm" c="dimmed">
          Every request is signed with it, so that your program can tell it from a forged one.
        </Text>
      </SecretOnce>
    </Page>
  );
}
