import { Alert, Button, Combobox, Group, Modal, SegmentedControl, Stack, Text, Textarea, TextInput, useCombobox } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "@/api/client";
import { openConversation, sendTo } from "@/api/conversations";
import { keys } from "@/api/keys";
import { type Lead, leadName, leadsQuery } from "@/api/leads";
import { rowsOf } from "@/api/list";
import { useDraft } from "@/hooks/useDraft";
import { PhoneText } from "@/components/texts";
import { reasonText } from "./words";

interface NewConversationProps {
  isOpen: boolean;
  onClose: () => void;
  onOpened: (conversationId: string) => void;
}

const PHONE = /^[+\d][\d\s()./-]{5,}$/;

/** To a contact, or to a number that is nobody's yet. */
export function NewConversation({ isOpen, onClose, onOpened }: NewConversationProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="New conversation" centered size="md">
      <Form onClose={onClose} onOpened={onOpened} />
    </Modal>
  );
}

function Form({ onClose, onOpened }: Omit<NewConversationProps, "isOpen">) {
  const [to, setTo, discardTo] = useDraft("new-conversation.to", "");
  const [lead, setLead] = useState<Lead | null>(null);
  const [channel, setChannel] = useState<"sms" | "whatsapp">("sms");
  const [text, setText, discardText] = useDraft("new-conversation.text", "");
  // One key for one try: sending it again after a lost answer sends nothing twice.
  const [sent, setSent] = useState({ to: "", text: "", key: "" });
  const [asked] = useDebouncedValue(to, 200);
  const found = useInfiniteQuery({ ...leadsQuery({ search: asked }), enabled: asked.trim().length > 1 && !lead });
  const people = rowsOf(found.data).slice(0, 7);
  const client = useQueryClient();
  const combobox = useCombobox();
  const start = useMutation({
    mutationFn: async () => {
      if (!text.trim() && lead) return (await openConversation(lead.id)).id;
      const isAgain = sent.to === `${channel} ${to}` && sent.text === text;
      const key = isAgain ? sent.key : crypto.randomUUID();
      setSent({ to: `${channel} ${to}`, text, key });
      const body = { channel, body: text.trim(), ...(lead ? { lead_id: lead.id } : { to: to.trim() }) };
      return (await sendTo(body, key)).conversation_id;
    },
    onSuccess: async (id) => {
      await client.invalidateQueries({ queryKey: keys.conversations });
      discardTo();
      discardText();
      onClose();
      onOpened(id);
    },
  });
  const isNumber = PHONE.test(to.trim());
  const canStart = lead !== null || (isNumber && text.trim() !== "");
  const fault = start.error instanceof ApiError ? reasonText(start.error.code, start.error.faults[0]?.message) : start.error?.message;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (canStart) start.mutate();
      }}
    >
      <Stack gap="sm">
        {fault && <Alert color="red">{fault}</Alert>}
        <Combobox
          store={combobox}
          onOptionSubmit={(id) => {
            const chosen = people.find((person) => person.id === id);
            if (chosen) {
              setLead(chosen);
              setTo(leadName(chosen));
            }
            combobox.closeDropdown();
          }}
        >
          <Combobox.Target>
            <TextInput
              label="To"
              placeholder="A name or a phone number"
              data-autofocus
              value={to}
              onChange={(event) => {
                setTo(event.currentTarget.value);
                setLead(null);
                combobox.openDropdown();
              }}
              onFocus={() => combobox.openDropdown()}
              onBlur={() => combobox.closeDropdown()}
              data-testid="new-to"
            />
          </Combobox.Target>
          <Combobox.Dropdown hidden={people.length === 0}>
            <Combobox.Options>
              {people.map((person) => (
                <Combobox.Option key={person.id} value={person.id}>
                  <Text size="sm">{leadName(person)}</Text>
                  <Text size="xs" c="dimmed">
                    {person.phone ? <PhoneText phone={person.phone} /> : person.email}
                  </Text>
                </Combobox.Option>
              ))}
            </Combobox.Options>
          </Combobox.Dropdown>
        </Combobox>
        <SegmentedControl
          size="xs"
          aria-label="Channel"
          value={channel}
          onChange={(value) => setChannel(value as "sms" | "whatsapp")}
          data={[
            { value: "sms", label: "SMS" },
            { value: "whatsapp", label: "WhatsApp" },
          ]}
        />
        <Textarea
          label="Message"
          autosize
          minRows={3}
          maxLength={1600}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          data-testid="new-text"
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={!canStart} loading={start.isPending} data-testid="new-start">
            {text.trim() ? "Send" : "Open"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
