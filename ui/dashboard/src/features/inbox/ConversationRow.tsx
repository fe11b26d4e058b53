import { VisuallyHidden } from "@mantine/core";
import { IconAlarm, IconFlag, IconStarFilled } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Conversation } from "@/api/conversations";
import { Avatar, TimeText } from "@/components/texts";
import classes from "./inbox.module.css";
import { keepSearch } from "./query";
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

/** In rem; the third line names who it is assigned to. */
export const rowHeight = ({ assigned_to_name: assigned }: Conversation) => (assigned ? 5.3 : 4.15);

interface ConversationRowProps {
  conversation: Conversation;
  index: number;
  start: number;
  isSelected: boolean;
  ownId: string;
}

/** Plain elements and nothing measured: rows are what the inbox mostly consists of. */
export const ConversationRow = memo(function ConversationRow({ conversation, index, start, isSelected, ownId }: ConversationRowProps) {
  const { last_message: last, is_unread: isUnread } = conversation;
  const name = partnerName(conversation);
  const Icon = last && channelIcons[last.channel as keyof typeof channelIcons];
  return (
    <Link
      data-index={index}
      data-testid="conversation"
      to="/inbox/$id"
      params={{ id: conversation.id }}
      search={keepSearch}
      className={classes.row}
      data-selected={isSelected || undefined}
      data-unread={isUnread || undefined}
      style={{ height: `${rowHeight(conversation)}rem`, transform: `translateY(${start}px)` }}
    >
      <Avatar name={name} size={38} />
      <span className={classes.rowText}>
        <span className={classes.rowLine}>
          <span className={classes.rowName}>{name}</span>
          <span className={classes.rowTime}>{last && <TimeText iso={last.created_at} />}</span>
        </span>
        <span className={classes.rowLine}>
          {Icon && <Icon size={14} aria-label={channelName(last.channel)} className={classes.rowIcon} />}
          <span className={classes.rowSnippet}>
            {last && speaker(last, ownId)}
            {last ? last.snippet || (last.channel in plainWords ? plainWords[last.channel] : "No text") : "Nothing written yet"}
          </span>
          {conversation.is_flagged && <IconFlag size={14} aria-label="Flagged" color="var(--mantine-color-red-filled)" />}
          {conversation.is_starred && <IconStarFilled size={13} aria-label="Starred" color="var(--mantine-color-yellow-filled)" />}
          {conversation.status === "snoozed" && <IconAlarm size={14} aria-label="Snoozed" />}
          {isUnread && (
            <>
              <span className={classes.dot} aria-hidden />
              <VisuallyHidden>{conversation.unread_count || 1} unread</VisuallyHidden>
            </>
          )}
        </span>
        {conversation.assigned_to_name && <span className={classes.rowAssigned}>{conversation.assigned_to_name}</span>}
      </span>
    </Link>
  );
});
