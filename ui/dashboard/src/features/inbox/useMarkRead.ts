import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { type Conversation, markRead } from "@/api/conversations";
import { keys } from "@/api/keys";
import { useMay } from "@/api/session";

/** Seeing a conversation's newest message reads it, once: marking it unread afterwards lasts. */
export function useMarkRead(conversation: Conversation | undefined): void {
  const client = useQueryClient();
  const canWrite = useMay()("conversations:write");
  const seen = useRef("");
  const id = conversation?.id;
  const isUnread = conversation?.is_unread ?? false;
  const newest = conversation?.last_message?.id ?? "";
  useEffect(() => {
    if (!canWrite || !id) return undefined;
    const see = () => {
      if (document.hidden || seen.current === newest) return;
      seen.current = newest;
      if (!isUnread) return;
      markRead(id).then(
        () => client.invalidateQueries({ queryKey: keys.conversations }),
        () => undefined, // It is read at the next visit.
      );
    };
    see();
    document.addEventListener("visibilitychange", see);
    return () => document.removeEventListener("visibilitychange", see);
  }, [canWrite, client, id, isUnread, newest]);
}
