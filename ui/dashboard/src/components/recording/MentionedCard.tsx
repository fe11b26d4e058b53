import { ActionIcon, Group, Menu, Text } from "@mantine/core";
import { IconDots, IconMail, IconPhone, IconUser, IconUserPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { call } from "@/api/client";
import { keys } from "@/api/keys";
import { createLead, leadName } from "@/api/leads";
import { useMay } from "@/api/session";
import type { Summary } from "@/api/voicegrams";
import { SideCard } from "@/components/SideCard";
import { doneToast, problemToast } from "@/components/toasts";
import { phoneText } from "@/format";

type Kind = "phone" | "email";

/** The contact with this address, if there is one. */
const contactQuery = (value: string) => ({
  queryKey: [...keys.leads, "by-address", value],
  queryFn: ({ signal }: { signal: AbortSignal }) => call("GET /leads", { query: { search: value, limit: 1 }, signal }),
});

function Actions({ kind, value, name }: { kind: Kind; value: string; name: string | undefined }) {
  const [isOpen, setOpen] = useState(false);
  const may = useMay();
  const navigate = useNavigate();
  const client = useQueryClient();
  const found = useQuery({ ...contactQuery(value), enabled: isOpen && may("contacts:read") });
  const lead = found.data?.data[0];
  const open = (id: string) => void navigate({ to: "/contacts/$id", params: { id } });
  const create = async () => {
    try {
      const made = await createLead({ [kind]: value, ...(name && { name }) });
      await client.invalidateQueries({ queryKey: keys.leads });
      doneToast("The contact was created.");
      open(made.id);
    } catch (error) {
      problemToast("The contact was not created", error);
    }
  };
  return (
    <Menu opened={isOpen} onChange={setOpen} position="bottom-end" width={230}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${value}`} data-testid="mentioned-actions">
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {kind === "phone" ? (
          <Menu.Item component="a" href={`tel:${value}`} leftSection={<IconPhone size={16} aria-hidden />}>
            Call {phoneText(value)}
          </Menu.Item>
        ) : (
          <Menu.Item component="a" href={`mailto:${value}`} leftSection={<IconMail size={16} aria-hidden />}>
            Write an email
          </Menu.Item>
        )}
        {lead && (
          <Menu.Item leftSection={<IconUser size={16} aria-hidden />} onClick={() => open(lead.id)}>
            Open {leadName(lead)}
          </Menu.Item>
        )}
        {found.data && !lead && may("contacts:write") && (
          <Menu.Item leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => void create()}>
            Create a contact
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Names, phones and addresses that were said, and what one can do with them. */
export function MentionedCard({ mentioned }: { mentioned: Summary["mentioned"] }) {
  const { names, phones, emails } = mentioned;
  if (!names.length && !phones.length && !emails.length) return null;
  // Whose number it is can be told only where one person was named.
  const name = names.length === 1 ? names[0] : undefined;
  const line = (kind: Kind, value: string) => (
    <Group key={value} justify="space-between" wrap="nowrap" gap={6}>
      <Text
        size="sm"
        c="var(--mantine-color-anchor)"
        component="a"
        href={`${kind === "phone" ? "tel" : "mailto"}:${value}`}
        style={{ overflowWrap: "anywhere", minWidth: 0 }}
      >
        {kind === "phone" ? phoneText(value) : value}
      </Text>
      <Actions kind={kind} value={value} name={name} />
    </Group>
  );
  return (
    <SideCard title="Mentioned" testId="mentioned">
      {names.length > 0 && (
        <Text size="sm" mb={4} dir="auto" style={{ overflowWrap: "anywhere" }}>
          {names.join(", ")}
        </Text>
      )}
      {phones.map((phone) => line("phone", phone))}
      {emails.map((email) => line("email", email))}
      <Text size="xs" c="dimmed" mt={6}>
        Heard in the recording: check before you rely on it.
      </Text>
    </SideCard>
  );
}
