import { queryOptions } from "@tanstack/react-query";
import { whileNotLive } from "@/live/alive";
import { call, request } from "./client";
import { keys } from "./keys";
import type { Endpoints, PlannedVoicegram } from "./types";

export type { OutboxMessage } from "./types";
export type CallPlan = Endpoints["POST /simulator/calls"]["body"];
export type Turn = NonNullable<CallPlan["turns"]>[number];
export type MessagePlan = Endpoints["POST /simulator/messages"]["body"];
export type Report = Endpoints["POST /simulator/messages/{id}/status"]["body"];

/** The account's numbers on the simulated network. */
export const simulatedNumbersQuery = queryOptions({
  queryKey: [...keys.numbers, "simulated"],
  queryFn: async ({ signal }) => {
    const { phone_numbers: numbers } = await call("GET /phone-numbers", { query: { limit: 100 }, signal });
    return numbers.filter(({ provider }) => provider === "simulator");
  },
});

const OUTBOX_ROWS = 20;
const RECENT = 8;

export const outboxQuery = queryOptions({
  queryKey: [...keys.messages, "outbox"],
  queryFn: ({ signal }) => call("GET /simulator/outbox", { query: { limit: OUTBOX_ROWS }, signal }),
  refetchInterval: whileNotLive,
});

export const recentCallsQuery = queryOptions({
  queryKey: [...keys.calls, "recent"],
  queryFn: async ({ signal }) => (await call("GET /activity/calls", { query: { limit: RECENT }, signal })).calls,
  refetchInterval: whileNotLive,
});

export const recentMessagesQuery = queryOptions({
  queryKey: [...keys.messages, "recent"],
  queryFn: async ({ signal }) => {
    const { messages } = await call("GET /activity/messages", { query: { limit: 3 * RECENT }, signal });
    return messages.filter(({ channel }) => channel === "sms" || channel === "whatsapp").slice(0, RECENT);
  },
  refetchInterval: whileNotLive,
});

export const recentVoicegramsQuery = queryOptions({
  queryKey: [...keys.voicegrams, "recent"],
  queryFn: async ({ signal }) => (await call("GET /voicegrams", { query: { limit: RECENT }, signal })).voicegrams,
  refetchInterval: whileNotLive,
});

export const placeCall = (body: CallPlan) => call("POST /simulator/calls", { body });
export const sendText = (body: MessagePlan) => call("POST /simulator/messages", { body });
export const speakVoicegram = (body: Endpoints["POST /simulator/voicegrams"]["body"]) =>
  call("POST /simulator/voicegrams", { body });
export const reportStatus = (id: string, body: Report) =>
  call("POST /simulator/messages/{id}/status", { path: { id }, body });

/** A recording in the place of a text. */
export function leaveRecording(channelId: string, email: string, audio: Blob): Promise<PlannedVoicegram> {
  const form = new FormData();
  form.set("channel_id", channelId);
  form.set("email", email);
  form.set("audio", audio, "message");
  return request<PlannedVoicegram>("POST", "/simulator/voicegrams", { body: form });
}
