import { Badge, Button, Divider, Group, Paper, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changeLead, type Lead, type LeadInput, leadQuery } from "@/api/leads";
import { keys } from "@/api/keys";
import { useMay } from "@/api/session";
import { usersQuery } from "@/api/users";
import { PhoneText, TimeText } from "@/components/texts";
import { AddressFacts } from "./AddressFacts";
import { EditableFact } from "./EditableFact";
import { stageChoices, stageText } from "./stages";

type TextField = "first_name" | "last_name" | "company" | "job_title" | "address" | "postal_code" | "city" | "state";

const NAMES: readonly [TextField, string][] = [
  ["first_name", "First name"],
  ["last_name", "Last name"],
  ["company", "Company"],
  ["job_title", "Job title"],
];
const PLACE: readonly [TextField, string][] = [
  ["address", "Street"],
  ["postal_code", "Postal code"],
  ["city", "City"],
  ["state", "State"],
];

export function DetailsCard({ lead }: { lead: Lead }) {
  const client = useQueryClient();
  const canEdit = useMay()("contacts:write");
  const users = useQuery(usersQuery);
  const [isShown, setShown] = useState(false);
  const hasMore = [lead.website, lead.address, lead.city, lead.postal_code, lead.state].some(Boolean);
  const isFull = hasMore || isShown;
  const save = async (change: LeadInput) => {
    const changed = await changeLead(lead.id, change);
    client.setQueryData(leadQuery(lead.id).queryKey, changed);
    void client.invalidateQueries({ queryKey: keys.leads });
  };
  const text = (field: TextField, label: string) => (
    <EditableFact key={field} label={label} value={lead[field]} canEdit={canEdit} onSave={(value) => save({ [field]: value })} />
  );
  return (
    <Paper withBorder radius="lg" p="md" component="section" aria-label="Details" data-testid="contact-details">
      <Title order={2} size="h6" mb="xs">
        Details
      </Title>
      {NAMES.map(([field, label]) => text(field, label))}
      <AddressFacts
        label="Phone"
        type="tel"
        addresses={lead.phones}
        canEdit={canEdit}
        shown={(value) => <PhoneText phone={value} />}
        onSave={(phones) => save({ phones })}
      />
      <AddressFacts label="Email" type="email" addresses={lead.emails} canEdit={canEdit} onSave={(emails) => save({ emails })} />
      <Divider my="xs" />
      <EditableFact
        label="Stage"
        value={lead.lifecycle_stage}
        shown={
          lead.lifecycle_stage && (
            <Badge variant="light" color={lead.lifecycle_stage === "customer" ? "teal" : "gray"} tt="none" fw={550}>
              {stageText(lead.lifecycle_stage)}
            </Badge>
          )
        }
        canEdit={canEdit}
        choices={stageChoices}
        onSave={(value) => save({ lifecycle_stage: value as NonNullable<Lead["lifecycle_stage"]> | null })}
      />
      <EditableFact
        label="Owner"
        value={lead.owner_id}
        shown={lead.owner_name}
        canEdit={canEdit}
        choices={(users.data?.users ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        onSave={(value) => save({ owner_id: value })}
      />
      <Divider my="xs" />
      <EditableFact
        label="Source" value={lead.lead_source} canEdit={canEdit} onSave={(value) => save({ lead_source: value })} />
      <EditableFact
        label="Added"
        value={lead.created_at}
        shown={<TimeText iso={lead.created_at} look="full" />}
        canEdit={false}
        onSave={() => Promise.resolve()}
      />
      {isFull && (<>
      <EditableFact
        label="Website"
        type="url"
        value={lead.website}
        canEdit={canEdit}
        onSave={(value) => save({ website: value })}
      />
      {PLACE.map(([field, label]) => text(field, label))}
      <EditableFact label="Country" value={lead.country} canEdit={canEdit} onSave={(value) => save({ country: value })} />
      <EditableFact
        label="Time zone"
        value={lead.timezone}
        shown={
          <Group gap={6}>
            {lead.timezone}
            {lead.timezone_guessed && (
              <Badge size="xs" variant="outline" color="gray" tt="none">
                by the phone number
              </Badge>
            )}
          </Group>
        }
        canEdit={canEdit}
        onSave={(value) => save({ timezone: value })}
      />
      </>)}
      {!hasMore && (
        <Button variant="subtle" size="compact-sm" mt={4} ms={-8} onClick={() => setShown(!isShown)} aria-expanded={isShown}>
          {isShown ? "Fewer fields" : "Website, address and time zone"}
        </Button>
      )}
    </Paper>
  );
}
