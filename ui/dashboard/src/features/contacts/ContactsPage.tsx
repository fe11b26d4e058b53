import { Button } from "@mantine/core";
import { IconAddressBook, IconSearch, IconUserPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { type Lead, leadName, leadsQuery, tagsQuery } from "@/api/leads";
import { totalOf } from "@/api/list";
import { useMay } from "@/api/session";
import { usersQuery } from "@/api/users";
import { ExportButton } from "@/components/ExportButton";
import { FilterBar, type FilterField } from "@/components/filters/FilterBar";
import { Page } from "@/components/Page";
import { EmptyState } from "@/components/states";
import { type Column, DataTable } from "@/components/table/DataTable";
import { listProps } from "@/components/table/listProps";
import { Mark } from "@/components/Mark";
import { Avatar, PhoneText, Tags, TimeText } from "@/components/texts";
import { useFilters } from "@/hooks/useFilters";
import { BulkTags } from "./BulkTags";
import { CreateContactModal } from "./CreateContactModal";
import { filters } from "./filters";
import classes from "./contacts.module.css";
import { stageChoices, stageText } from "./stages";

const columns: Column<Lead>[] = [
  {
    key: "name",
    header: "Name",
    width: "minmax(180px, 1.6fr)",
    sort: "name",
    card: "title",
    cell: (lead) => (
      <span className={classes.person}>
        <Avatar name={leadName(lead)} size={30} />
        <span className={classes.lines}>
          <span className={classes.line}>{leadName(lead)}</span>
          {lead.company && lead.company !== lead.name && <span className={classes.company}>{lead.company}</span>}
        </span>
      </span>
    ),
  },
  {
    key: "phone",
    header: "Phone",
    width: "minmax(130px, 1fr)",
    from: 640,
    card: "plain",
    cell: ({ phone }) => phone && <PhoneText phone={phone} />,
  },
  {
    key: "email",
    header: "Email",
    width: "minmax(150px, 1.4fr)",
    from: 860,
    card: "plain",
    cell: ({ email }) =>
      email && (
        <span className={classes.line} title={email}>
          {email}
        </span>
      ),
  },
  {
    key: "stage",
    header: "Stage",
    width: "minmax(110px, 0.9fr)",
    from: 1080,
    card: "none",
    cell: ({ lifecycle_stage: stage }) =>
      stage && (
        <Mark color={stage === "customer" ? "teal" : "gray"}>{stageText(stage)}</Mark>
      ),
  },
  { key: "tags", header: "Tags", width: "minmax(120px, 1.4fr)", from: 980, card: "plain", cell: ({ tags }) => <Tags tags={tags} /> },
  { key: "owner", header: "Owner", width: "minmax(100px, 0.8fr)", from: 1400, card: "none", cell: ({ owner_name: name }) => name },
  {
    key: "last_activity_at",
    header: "Last contact",
    width: "110px",
    sort: "last_activity_at",
    align: "end",
    card: "aside",
    cell: ({ last_activity_at: at }) => at && <TimeText iso={at} />,
  },
];

const fields = (tags: { name: string }[], people: { id: string; name: string }[]): FilterField[] => [
  { kind: "choice", name: "lifecycle_stage", label: "Stage", choices: [...stageChoices, { value: "other", label: "No stage" }] },
  {
    kind: "choice",
    name: "tag",
    label: "Tag",
    choices: tags.map(({ name }) => ({ value: name, label: name })),
    isSearched: tags.length > 8,
  },
  {
    kind: "choice",
    name: "owner_id",
    label: "Owner",
    choices: people.map(({ id, name }) => ({ value: id, label: name })),
    isSearched: people.length > 8,
  },
  { kind: "dates", from: "from", to: "to", label: "Added" },
];

export function ContactsPage() {
  const { values, change, clear } = useFilters(filters);
  const { new: isCreating, ...asked } = values;
  const list = useInfiniteQuery(leadsQuery(asked));
  const tags = useQuery(tagsQuery);
  const users = useQuery(usersQuery);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const navigate = useNavigate();
  const may = useMay();
  const canWrite = may("contacts:write");
  const isFiltered = filters.names.some((name) => name !== "sort" && name !== "new" && values[name] !== undefined);
  const total = list.data && totalOf(list.data);
  const add = () => change({ new: true });
  return (
    <Page
      title="Contacts"
      width={2000}
      lead="Everyone who has called, written or left a message, and whom you added."
      actions={
        <>
          {may("data:read") && <ExportButton path="/leads" query={asked} name="contacts" />}
          {canWrite && (
            <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={add} data-testid="add-contact">
              Add contact
            </Button>
          )}
        </>
      }
    >
      <FilterBar
        values={asked}
        change={change}
        clear={clear}
        fields={fields(tags.data?.tags ?? [], users.data?.users ?? [])}
        search="Search names, phones, emails"
        total={total}
      />
      {selected.size > 0 && <BulkTags ids={[...selected]} onDone={() => setSelected(new Set())} />}
      <DataTable
        label="Contacts"
        testId="contacts"
        columns={columns}
        {...listProps(list)}
        rowId={({ id }) => id}
        rowLabel={leadName}
        rowLink={({ id }) => ({ to: "/contacts/$id", params: { id } })}
        sort={values.sort}
        onSort={(sort) => change({ sort: sort as typeof values.sort })}
        {...(canWrite && { selected, onSelect: setSelected })}
        empty={
          isFiltered ? (
            <EmptyState
              icon={<IconSearch size={26} />}
              title="Nobody matches"
              action={
                <Button variant="default" onClick={clear}>
                  Show all
                </Button>
              }
            >
              No contact fits these filters.
            </EmptyState>
          ) : (
            <EmptyState
              icon={<IconAddressBook size={26} />}
              title="No contacts yet"
              color="iris"
              action={canWrite && <Button onClick={add}>Add the first</Button>}
            >
              Whoever calls, writes or leaves a voice message becomes a contact by itself.
            </EmptyState>
          )
        }
      />
      {canWrite && (
        <CreateContactModal
          isOpen={isCreating === true}
          onClose={() => change({ new: undefined })}
          onCreated={(id) => void navigate({ to: "/contacts/$id", params: { id } })}
        />
      )}
    </Page>
  );
}
