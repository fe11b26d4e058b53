import { queryOptions } from "@tanstack/react-query";
import { call } from "./client";
import { keys } from "./keys";
import type { Endpoints } from "./types";

export type { RecordingChannel } from "./types";
export type ChannelInput = Endpoints["POST /recording-channels"]["body"];

export const channelsQuery = queryOptions({
  queryKey: keys.recordingChannels,
  queryFn: ({ signal }) => call("GET /recording-channels", { query: { limit: 100 }, signal }),
});

export const createChannel = (input: ChannelInput) => call("POST /recording-channels", { body: input });
export const changeChannel = (id: string, change: Endpoints["PATCH /recording-channels/{id}"]["body"]) =>
  call("PATCH /recording-channels/{id}", { path: { id }, body: change });
