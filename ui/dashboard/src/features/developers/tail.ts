/** Events as the stream tells them (contracts/votel.md 16), newest first. */
import type { LiveEvent } from "@/live/stream";

export interface TailEvent {
  id: string;
  type: string;
  at: string;
  actor: string;
  /** The whole envelope. */
  data: unknown;
}

const MOST = 200;

export function kept(events: readonly TailEvent[], event: TailEvent): readonly TailEvent[] {
  return events.some(({ id }) => id === event.id) ? events : [event, ...events].slice(0, MOST);
}

interface Envelope {
  id?: unknown;
  created_at?: unknown;
  actor?: { kind?: unknown };
}

/** Null for what is no event of the catalogue. */
export function readEvent({ type, data }: LiveEvent): TailEvent | null {
  const { id, created_at: at, actor } = (data ?? {}) as Envelope;
  if (typeof id !== "string" || typeof at !== "string") return null;
  return { id, type, at, actor: typeof actor?.kind === "string" ? actor.kind : "system", data };
}
