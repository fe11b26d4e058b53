import { queryOptions } from "@tanstack/react-query";
import { api } from "./client";

export interface RecordingChannel {
  id: string;
  kind: "domain" | "campaign";
  name: string;
  host: string | null;
  slug: string | null;
  is_active: boolean;
  greeting: string | null;
  notify_emails: string[];
  embed_code: string | null;
  public_url: string | null;
  last_seen_at: string | null;
  voicegram_count: number;
  created_at: string;
}

export interface ChannelInput {
  kind: "domain" | "campaign";
  name?: string;
  host?: string;
  slug?: string;
  greeting?: string;
  notify_emails?: string[];
}

export const channelsQuery = queryOptions({
  queryKey: ["recording-channels"],
  queryFn: ({ signal }) =>
    api.get<{ recording_channels: RecordingChannel[]; total: number }>("/recording-channels", { limit: 100 }, signal),
});

export const createChannel = (input: ChannelInput) => api.post<RecordingChannel>("/recording-channels", input);
export const changeChannel = (id: string, change: Partial<Pick<RecordingChannel, "is_active" | "greeting">>) =>
  api.patch<RecordingChannel>(`/recording-channels/${id}`, change);
