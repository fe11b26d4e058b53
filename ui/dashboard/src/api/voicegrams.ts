import { queryOptions } from "@tanstack/react-query";
import { whileNotLive } from "@/live/alive";
import { call } from "./client";
import { keys } from "./keys";
import { listQuery, PAGE_SIZE } from "./list";
import type { Endpoints, VoicegramDetail, VoicegramRow } from "./types";

export type { ActionItem, LinkModel as ListenLink, Summary, VoicegramDetail, Word } from "./types";
export type { StepModel as Step } from "./types";
export type Voicegram = VoicegramRow;
/** One event for one receiver, with the outcome of its latest attempt. */
export type Delivery = VoicegramDetail["deliveries"][number];

export type VoicegramFilters = Omit<Endpoints["GET /voicegrams"]["query"], "limit" | "page">;

const WORKING_REFRESH_MS = 1_500;

/** Addresses carry `vg_<uuid>` or the bare uuid; the API takes the uuid. */
export function bareId(id: string): string {
  return id.replace(/^vg_/, "");
}

export const voicegramsQuery = (filters: VoicegramFilters) => ({
  ...listQuery([...keys.voicegrams, "list", filters], async (page, signal) => {
    const answer = await call("GET /voicegrams", { query: { ...filters, page, limit: PAGE_SIZE }, signal });
    return { rows: answer.voicegrams, total: answer.total };
  }),
  refetchInterval: whileNotLive,
});

/** No event tells of an attempt's end; one that is made now or within the minute is looked at again. */
const SOON_MS = 60_000;

const isDue = ({ status, next_attempt_at: next }: Delivery) =>
  status === "pending" && next !== null && Date.parse(next) < Date.now() + SOON_MS;

const isWorking = (voicegram: VoicegramDetail | undefined) =>
  voicegram?.status === "processing" ||
  voicegram?.steps.some(({ status }) => status === "running") ||
  voicegram?.deliveries.some(isDue);

export const voicegramQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.voicegrams, "one", bareId(id)],
    queryFn: ({ signal }) => call("GET /voicegrams/{id}", { path: { id: bareId(id) }, signal }),
    refetchInterval: ({ state }) => (isWorking(state.data) ? WORKING_REFRESH_MS : whileNotLive()),
  });

export type VoicegramChange = Endpoints["PATCH /voicegrams/{id}"]["body"];

export const changeVoicegram = (id: string, change: VoicegramChange) =>
  call("PATCH /voicegrams/{id}", { path: { id: bareId(id) }, body: change });
export const deleteVoicegram = (id: string) => call("DELETE /voicegrams/{id}", { path: { id: bareId(id) } });
export const reprocessVoicegram = (id: string, steps: ("transcribe" | "insight")[]) =>
  call("POST /voicegrams/{id}/reprocess", { path: { id: bareId(id) }, body: { steps } });

export const linksQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.voicegrams, "links", bareId(id)],
    queryFn: ({ signal }) => call("GET /voicegrams/{id}/links", { path: { id: bareId(id) }, query: { limit: 100 }, signal }),
  });

export const createListenLink = (id: string, body: Endpoints["POST /voicegrams/{id}/links"]["body"]) =>
  call("POST /voicegrams/{id}/links", { path: { id: bareId(id) }, body });
export const revokeListenLink = (id: string, linkId: string) =>
  call("DELETE /voicegrams/{id}/links/{link_id}", { path: { id: bareId(id), link_id: linkId } });
export const resendDelivery = (webhookId: string, deliveryId: string) =>
  call("POST /webhooks/{id}/deliveries/{delivery_id}/resend", { path: { id: webhookId, delivery_id: deliveryId } });

export const eventQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.voicegrams, "event", bareId(id)],
    queryFn: ({ signal }) => call("GET /voicegrams/{id}/event", { path: { id: bareId(id) }, signal }),
  });
