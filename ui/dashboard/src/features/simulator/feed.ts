/** What has arrived lately, of all kinds in one order. */
import type { CallRow, Message, VoicegramRow } from "@/api/types";
import type { Pending } from "./pending";

export type Arrival =
  | { kind: "call"; id: string; at: string; call: CallRow }
  | { kind: "message"; id: string; at: string; message: Message }
  | { kind: "voicegram"; id: string; at: string; voicegram: VoicegramRow };

const SHOWN = 12;

export function arrivals(
  calls: readonly CallRow[],
  messages: readonly Message[],
  voicegrams: readonly VoicegramRow[],
): Arrival[] {
  const all: Arrival[] = [
    ...calls.map((call) => ({ kind: "call" as const, id: call.id, at: call.created_at, call })),
    ...messages.map((message) => ({ kind: "message" as const, id: message.id, at: message.created_at, message })),
    ...voicegrams.map((voicegram) => ({
      kind: "voicegram" as const,
      id: voicegram.id,
      at: voicegram.created_at,
      voicegram,
    })),
  ];
  return all.sort((one, other) => Date.parse(other.at) - Date.parse(one.at)).slice(0, SHOWN);
}

/** Those that have not arrived. */
export function stillPending(
  pending: readonly Pending[],
  calls: readonly Pick<CallRow, "call_sid">[],
  voicegrams: readonly Pick<VoicegramRow, "id">[],
): Pending[] {
  const here = new Set([...calls.map(({ call_sid: sid }) => sid), ...voicegrams.map(({ id }) => id)]);
  return pending.filter(({ id }) => !here.has(id));
}
