import { ActionIcon, Button, Group, Menu, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconAlarm,
  IconAlarmOff,
  IconArrowBackUp,
  IconArrowLeft,
  IconCalendarTime,
  IconCheck,
  IconDots,
  IconFlag,
  IconLayoutSidebarRight,
  IconMailOpened,
  IconStar,
  IconStarFilled,
  IconTrash,
  IconUser,
} from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { type Conversation, deleteConversation } from "@/api/conversations";
import { keys } from "@/api/keys";
import { useMay, useMe } from "@/api/session";
import { usersQuery } from "@/api/users";
import { ConfirmDialog } from "@/components/ConfirmButton";
import { Avatar, PhoneText, TimeText } from "@/components/texts";
import { useFormats } from "@/hooks/useFormats";
import classes from "./inbox.module.css";
import type { ConversationActions } from "./useActions";
import { laterChoices } from "./when";
import { WhenDialog } from "./WhenDialog";
import { partnerName } from "./words";

interface HeadProps {
  conversation: Conversation;
  actions: ConversationActions;
  isAlone: boolean;
  onSide: () => void;
}

export function Head({ conversation, actions, isAlone, onSide }: HeadProps) {
  const may = useMay();
  const me = useMe();
  const users = useQuery(usersQuery);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { timeZone } = useFormats();
  const [isDeleting, setDeleting] = useState(false);
  const [isPicking, picker] = useDisclosure(false);
  const canWrite = may("conversations:write");
  const name = partnerName(conversation);
  const { lead } = conversation;
  const assignee = conversation.assigned_to_id === me.user.id ? "You" : conversation.assigned_to_name;
  const isClosed = conversation.status === "closed";
  return (
    <header className={classes.head}>
      {isAlone && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label="Back to the list"
          renderRoot={(props) => <Link to="/inbox" search={(previous) => previous as never} {...props} />}
        >
          <IconArrowLeft size={20} />
        </ActionIcon>
      )}
      {!isAlone && <Avatar name={name} size={36} />}
      <div style={{ flex: 1, minWidth: 0 }}>
        <Text component="h2" fw={650} size="sm" m={0} truncate data-testid="partner">
          {name}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {isClosed && "Closed · "}
          {conversation.status === "snoozed" && conversation.snoozed_until && (
            <>
              Snoozed until <TimeText iso={conversation.snoozed_until} look="full" /> ·{" "}
            </>
          )}
          {lead?.phone ? <PhoneText phone={lead.phone} /> : (lead?.email ?? "No address")}
        </Text>
      </div>
      {canWrite && (
        <Group gap={4} wrap="nowrap">
          <Menu position="bottom-end" withinPortal opened={actions.isAssigning} onChange={actions.setAssigning}>
            <Menu.Target>
              {isAlone ? (
                <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Assigned to: ${assignee ?? "nobody"}`}>
                  <IconUser size={18} />
                </ActionIcon>
              ) : (
                <Button
                  size="compact-sm"
                  variant="default"
                  maw={150}
                  leftSection={<IconUser size={14} aria-hidden />}
                  data-testid="assign"
                >
                  {assignee ?? "Assign"}
                </Button>
              )}
            </Menu.Target>
            <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
              <Menu.Item onClick={() => actions.assign(me.user.id, me.user.name)}>Me</Menu.Item>
              {users.data?.users
                .filter(({ id }) => id !== me.user.id)
                .map(({ id, name: person }) => (
                  <Menu.Item key={id} onClick={() => actions.assign(id, person)}>
                    {person}
                  </Menu.Item>
                ))}
              <Menu.Divider />
              <Menu.Item onClick={() => actions.assign(null, null)}>Nobody</Menu.Item>
            </Menu.Dropdown>
          </Menu>
          {!isAlone && (
            <Tooltip label={conversation.is_starred ? "Remove the star (s)" : "Star (s)"}>
              <ActionIcon
                variant="subtle"
                color={conversation.is_starred ? "yellow" : "gray"}
                size="lg"
                aria-label="Star"
                aria-pressed={conversation.is_starred}
                onClick={actions.star}
              >
                {conversation.is_starred ? <IconStarFilled size={18} /> : <IconStar size={18} />}
              </ActionIcon>
            </Tooltip>
          )}
          <Tooltip label={isClosed ? "Open again (e)" : "Close (e)"}>
            <ActionIcon
              variant={isClosed ? "light" : "subtle"}
              color={isClosed ? "teal" : "gray"}
              size="lg"
              aria-label={isClosed ? "Open again" : "Close the conversation"}
              data-testid="close-conversation"
              onClick={actions.close}
            >
              {isClosed ? <IconArrowBackUp size={18} /> : <IconCheck size={18} />}
            </ActionIcon>
          </Tooltip>
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" size="lg" aria-label="More">
                <IconDots size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {isAlone && (
                <>
                  <Menu.Item leftSection={<IconLayoutSidebarRight size={15} />} onClick={onSide}>
                    About this contact
                  </Menu.Item>
                  <Menu.Item leftSection={<IconStar size={15} />} onClick={actions.star}>
                    {conversation.is_starred ? "Remove the star" : "Star"}
                  </Menu.Item>
                </>
              )}
              <Menu.Item leftSection={<IconMailOpened size={15} />} onClick={actions.unread}>
                Mark unread
              </Menu.Item>
              <Menu.Item leftSection={<IconFlag size={15} />} onClick={actions.flag}>
                {conversation.is_flagged ? "Remove the flag" : "Flag for everyone"}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Label>Snooze</Menu.Label>
              {conversation.status === "snoozed" && (
                <Menu.Item leftSection={<IconAlarmOff size={15} />} onClick={actions.wake}>
                  Wake up now
                </Menu.Item>
              )}
              {laterChoices(new Date(), timeZone).map(({ label, at }) => (
                <Menu.Item key={label} leftSection={<IconAlarm size={15} />} onClick={() => actions.snooze(at)}>
                  {label}
                </Menu.Item>
              ))}
              <Menu.Item leftSection={<IconCalendarTime size={15} />} onClick={picker.open}>
                Choose a time…
              </Menu.Item>
              {may("conversations:manage") && (
                <>
                  <Menu.Divider />
                  <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => setDeleting(true)}>
                    Delete
                  </Menu.Item>
                </>
              )}
            </Menu.Dropdown>
          </Menu>
        </Group>
      )}
      {!(isAlone && canWrite) && (
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="About this contact" onClick={onSide}>
          <IconLayoutSidebarRight size={18} />
        </ActionIcon>
      )}
      <WhenDialog title="Snooze" verb="Snooze" isOpen={isPicking} onClose={picker.close} onChosen={actions.snooze} />
      <ConfirmDialog
        title="Delete this conversation?"
        verb="Delete"
        isOpen={isDeleting}
        onClose={() => setDeleting(false)}
        onConfirm={async () => {
          await deleteConversation(conversation.id);
          await navigate({ to: "/inbox", search: ((previous: object) => previous) as never });
          await client.invalidateQueries({ queryKey: keys.conversations });
        }}
      >
        Its messages disappear for everyone and in every connected system. The contact stays.
      </ConfirmDialog>
    </header>
  );
}
