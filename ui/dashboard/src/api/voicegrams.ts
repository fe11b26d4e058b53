import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";

export type Level = "low" | "medium" | "high";
export type Sentiment = "positive" | "neutral" | "negative";

export interface ActionItem {
  task: string;
  priority: Level;
  deadline: string | null;
}

export interface Summary {
  text: string;
  urgency: Level | null;
  sentiment: Sentiment | null;
  intent: string | null;
  callback_required: boolean;
  action_items: ActionItem[];
  mentioned: { names: string[]; phones: string[]; emails: string[] };
}

export interface Word {
  text: string;
  start_ms: number;
  end_ms: number;
  confidence: number | null;
}

export interface Step {
  name: string;
  status: string;
  engine: string | null;
  error: string | null;
  started_at: string | null;
  finished_at: string | null;
}

/** One event for one receiver, with the outcome of its latest attempt. */
export interface Delivery {
  id: string;
  url: string;
  status: "pending" | "delivered" | "failed" | "cancelled";
  attempts: number;
  next_attempt_at: string | null;
  created_at: string;
  finished_at: string | null;
  last_error: string | null;
  last_status_code: number | null;
}

export interface Voicegram {
  id: string;
  created_at: string;
  completed_at: string | null;
  duration_seconds: number;
  status: string;
  is_read?: boolean;
  sender: { verification_method: string; email: string | null; phone: string | null };
  channel: { type: string; id: string; name: string; page_url: string | null };
  transcript: { text: string; confidence: number; engine?: string | null; language?: string | null };
  summary: Summary | null;
  tags: string[];
}

export interface VoicegramDetail extends Voicegram {
  transcript: Voicegram["transcript"] & { words?: Word[] | null };
  audio: { url: string | null; expires_at: string | null; deleted_at: string | null } | null;
  steps: Step[];
  deliveries: Delivery[];
  notes?: string | null;
}

export interface VoicegramFilters {
  search?: string;
  status?: string;
  urgency?: string;
  sentiment?: string;
  intent?: string;
  callback_required?: boolean;
  recording_channel_id?: string;
  page?: number;
}

export const PAGE_SIZE = 25;
const REFRESH_MS = 4_000;
const WORKING_REFRESH_MS = 1_500;

/** Addresses carry `vg_<uuid>` or the bare uuid; the API takes the uuid. */
export function bareId(id: string): string {
  return id.replace(/^vg_/, "");
}

export const voicegramsQuery = (filters: VoicegramFilters) =>
  queryOptions({
    queryKey: ["voicegrams", filters],
    queryFn: ({ signal }) =>
      api.get<{ voicegrams: Voicegram[]; total: number }>(
        "/voicegrams",
        { ...filters, callback_required: filters.callback_required || undefined, limit: PAGE_SIZE },
        signal,
      ),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });

const isWorking = (voicegram: VoicegramDetail | undefined) =>
  voicegram?.status === "processing" || voicegram?.steps.some(({ status }) => status === "running");

export const voicegramQuery = (id: string) =>
  queryOptions({
    queryKey: ["voicegram", bareId(id)],
    queryFn: ({ signal }) => api.get<VoicegramDetail>(`/voicegrams/${encodeURIComponent(bareId(id))}`, undefined, signal),
    refetchInterval: ({ state }) => (isWorking(state.data) ? WORKING_REFRESH_MS : REFRESH_MS),
  });

export interface VoicegramChange {
  tags?: string[];
  notes?: string;
  is_read?: boolean;
}

export const changeVoicegram = (id: string, change: VoicegramChange) =>
  api.patch<VoicegramDetail>(`/voicegrams/${bareId(id)}`, change);
export const deleteVoicegram = (id: string) => api.delete(`/voicegrams/${bareId(id)}`);
export const reprocessVoicegram = (id: string, steps: ("transcribe" | "insight")[]) =>
  api.post<unknown>(`/voicegrams/${bareId(id)}/reprocess`, { steps });
