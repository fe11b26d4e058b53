import { Group, Text, VisuallyHidden } from "@mantine/core";
import { IconAlarm, IconFlag, IconStarFilled } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Ref } from "react";
import type { Conversation } from "@/api/conversations";
import { useMe } from "@/api/session";
import { Avatar, TimeText } from "@/components/texts";
import classes from "./inbox.module.css";
import { channelIcons, channelName, partnerName } from "./words";

type LastMessage = NonNullable<Conversation["last_message"]>;

/** Where nothing was said or written. */
const plainWords: Partial<Record<string, string>> = { call: "Call", voicegram: "Voice message", note: "Note" };

/** Who of us said it, before the words. */
function speaker({ direction, channel, author }: LastMessage, ownId: string): string {
  if (direction === "inbound" || channel === "call") return "";
  if (author.kind === "user" && author.id === ownId) return "You: ";
  return author.name ? `${author.name}: ` : "";
}

interface ConversationRowProps {
  conversation: Conversation;
  index: number;
  start: number;
  isSelected: boolean;
  ref: Ref<HTMLAnchorElement>;
}

export function ConversationRow({ conversation, index, start, isSelected, ref }: ConversationRowProps) {
  const { last_message: last, is_unread: isUnread } = conversation;
  const me = useMe();
  const name = partnerName(conversation);
  const Icon = last && channelIcons[last.channel as keyof typeof channelIcons];
  return (
    <Link
      ref={ref}
      data-index={index}
      data-testid="conversation"
      to="/inbox/$id"
      params={{ id: conversation.id }}
      search={(previous) => previous as never}
      className={classes.row}
      data-selected={isSelected || undefined}
      style={{ transform: `translateY(${start}px)` }}
    >
      <Avatar name={name} size={38} />
      <div className={classes.rowText}>
        <Group justify="space-between" wrap="nowrap" gap={8}>
          <Text size="sm" fw={isUnread ? 700 : 550} truncate>
            {name}
          </Text>
          <Text size="xs" c={isUnread ? undefined : "dimmed"} style={{ flex: "none" }}>
            {last && <TimeText iso={last.created_at} />}
          </Text>
        </Group>
        <Group wrap="nowrap" gap={6} mt={2} align="center">
          {Icon && <Icon size={14} aria-label={channelName(last.channel)} style={{ flex: "none", opacity: 0.65 }} />}
          <Text size="sm" c={isUnread ? undefined : "dimmed"} fw={isUnread ? 550 : 400} truncate style={{ flex: 1 }}>
            {last && speaker(last, me.user.id)}
            {last ? last.snippet || (last.channel in plainWords ? plainWords[last.channel] : "No text") : "Nothing written yet"}
          </Text>
          {conversation.is_flagged && <IconFlag size={14} aria-label="Flagged" color="var(--mantine-color-red-filled)" />}
          {conversation.is_starred && <IconStarFilled size={13} aria-label="Starred" color="var(--mantine-color-yellow-filled)" />}
          {conversation.status === "snoozed" && <IconAlarm size={14} aria-label="Snoozed" />}
          {isUnread && (
            <>
              <span className={classes.dot} aria-hidden />
              <VisuallyHidden>{conversation.unread_count || 1} unread</VisuallyHidden>
            </>
          )}
        </Group>
        {conversation.assigned_to_name && (
          <Text size="xs" c="dimmed" truncate>
            {conversation.assigned_to_name}
          </Text>
        )}
      </div>
    </Link>
  );
}
