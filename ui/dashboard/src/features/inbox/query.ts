import type { ConversationFilters } from "@/api/conversations";
import { filters } from "./filters";

export type InboxValues = ReturnType<typeof filters.read>;

/** What the address says, in the words of the API. */
export function conversationFilters({ view, new: _dialog, ...rest }: InboxValues): ConversationFilters {
  const assigned = view === "mine" ? "me" : view === "unassigned" ? "none" : undefined;
  return { ...rest, ...(assigned && { assigned_to_id: assigned }) };
}

/** `search` of a link that leaves the filters as they are. */
export const keepSearch = (previous: unknown) => previous as never;
