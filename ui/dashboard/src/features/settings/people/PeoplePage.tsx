import { Badge, Button, Group, List, Stack, Text } from "@mantine/core";
import { IconSearch, IconUserPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { totalOf } from "@/api/list";
import { peopleQuery, type User } from "@/api/people";
import { useMay, useMe } from "@/api/session";
import { FilterBar, type FilterField } from "@/components/filters/FilterBar";
import { Page, Section } from "@/components/Page";
import { EmptyState } from "@/components/states";
import { type Column, DataTable } from "@/components/table/DataTable";
import { listProps } from "@/components/table/listProps";
import { Avatar } from "@/components/texts";
import { sentenceCase } from "@/format";
import { useFilters } from "@/hooks/useFilters";
import { filters } from "./filters";
import { Invitations } from "./Invitations";
import { Invite } from "./Invite";
import { roleNames, roles, roleTexts } from "./roles";
import { UserMenu } from "./UserMenu";

const fields: FilterField[] = [
  { kind: "choice", name: "role", label: "Role", choices: roles.map((value) => ({ value, label: roleNames[value] })) },
  {
    kind: "choice",
    name: "status",
    label: "Status",
    choices: ["active", "invited", "disabled"].map((value) => ({ value, label: sentenceCase(value) })),
  },
];

const statusColors = { active: "teal", invited: "blue", disabled: "gray" } as const;

const columnsFor = (ownId: string, mayChange: boolean): Column<User>[] => [
  {
    key: "name",
    header: "Name",
    width: "minmax(180px, 3fr)",
    card: "title",
    cell: ({ id, name, email }) => (
      <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
        <Avatar name={name} />
        <div style={{ minWidth: 0 }}>
          <Text size="sm" fw={550} truncate>
            {name}
            {id === ownId && (
              <Text span c="dimmed" inherit fw={400}>
                {" "}
                (you)
              </Text>
            )}
          </Text>
          <Text size="xs" c="dimmed" truncate>
            {email}
          </Text>
        </div>
      </Group>
    ),
  },
  { key: "role", header: "Role", width: "100px", cell: ({ role }) => roleNames[role] },
  {
    key: "status",
    header: "Status",
    width: "100px",
    cell: ({ status }) => (
      <Badge variant="light" color={statusColors[status]} tt="none" fw={550}>
        {sentenceCase(status)}
      </Badge>
    ),
  },
  { key: "extension", header: "Extension", width: "100px", from: 700, card: "none", cell: ({ extension }) => extension ?? "–" },
  {
    key: "actions",
    header: "Actions",
    width: "72px",
    align: "end",
    card: "aside",
    cell: (user) => mayChange && user.status !== "invited" && <UserMenu user={user} />,
  },
];

export function PeoplePage() {
  const me = useMe();
  const may = useMay();
  const { values, change, clear } = useFilters(filters);
  const { new: isNew, ...shown } = values;
  const list = useInfiniteQuery(peopleQuery(shown));
  const mayInvite = may("users:send");
  const total = list.data && totalOf(list.data);
  return (
    <Page
      title="People"
      lead="Who works here, and what each may do."
      width={1400}
      actions={
        mayInvite && (
          <Button leftSection={<IconUserPlus size={16} />} onClick={() => change({ new: true })}>
            Invite
          </Button>
        )
      }
    >
      <Stack gap="xl">
        <div>
          {!list.error && (
            <FilterBar values={values} change={change} clear={clear} fields={fields} search="Search names and addresses" total={total} />
          )}
          <DataTable
            label="People"
            testId="people"
            columns={columnsFor(me.user.id, may("users:write"))}
            {...listProps(list)}
            rowId={({ id }) => id}
            rowLabel={({ name }) => name}
            rowHeight={58}
            empty={
              <EmptyState icon={<IconSearch size={26} />} title="Nobody matches">
                Nobody fits these filters.
              </EmptyState>
            }
          />
        </div>
        {mayInvite && <Invitations />}
        {!list.error && (
          <Section title="What each role may do">
            <List size="sm" spacing={6}>
              {roles.map((role) => (
                <List.Item key={role}>
                  <b>{roleNames[role]}</b>: {roleTexts[role]}
                </List.Item>
              ))}
            </List>
          </Section>
        )}
      </Stack>
      <Invite isOpen={isNew === true} onClose={() => change({ new: undefined })} />
    </Page>
  );
}
