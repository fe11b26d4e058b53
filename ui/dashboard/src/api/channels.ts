import { queryOptions } from "@tanstack/react-query";
import { call } from "./client";
import { keys } from "./keys";
import type { Endpoints } from "./types";

export type { RecordingChannel } from "./types";
export type ChannelInput = Endpoints["POST /recording-channels"]["body"];
export type ChannelChange = Endpoints["PATCH /recording-channels/{id}"]["body"];

export const channelsQuery = queryOptions({
  queryKey: [...keys.recordingChannels, "list"],
  queryFn: ({ signal }) => call("GET /recording-channels", { query: { limit: 100 }, signal }),
});

export const channelQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.recordingChannels, "one", id],
    queryFn: ({ signal }) => call("GET /recording-channels/{id}", { path: { id }, signal }),
  });

export const workspaceQuery = queryOptions({
  queryKey: keys.workspace,
  queryFn: ({ signal }) => call("GET /workspace", { signal }),
});

export const createChannel = (input: ChannelInput) => call("POST /recording-channels", { body: input });
export const changeChannel = (id: string, change: ChannelChange) =>
  call("PATCH /recording-channels/{id}", { path: { id }, body: change });
export const deleteChannel = (id: string) => call("DELETE /recording-channels/{id}", { path: { id } });
export const renameWorkspace = (subdomain: string) => call("PATCH /workspace", { body: { subdomain } });
