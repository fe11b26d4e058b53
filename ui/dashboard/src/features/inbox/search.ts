import type { VoicegramFilters } from "@/api/voicegrams";

const texts = ["search", "status", "urgency", "sentiment", "intent", "recording_channel_id"] as const;

/** Filters as they stand in the address; anything unknown is dropped. */
export function readInboxSearch(search: Record<string, unknown>): VoicegramFilters {
  const filters: VoicegramFilters = {};
  for (const name of texts) {
    const value = search[name];
    if (typeof value === "string" && value) filters[name] = value;
  }
  if (search.callback_required === true) filters.callback_required = true;
  const page = Number(search.page);
  if (Number.isInteger(page) && page > 1) filters.page = page;
  return filters;
}
