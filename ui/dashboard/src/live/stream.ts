/** One stream of events per browser: the tab that holds the lock reads it and tells the others. */
import { accountHeaders } from "@/api/client";
import { connection } from "@/api/connection";
import { heard } from "./alive";
import { EventParser } from "./sse";

export interface LiveEvent {
  type: string;
  data: unknown;
}

type Listener = (event: LiveEvent) => void;

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
// The server writes a comment every 15 seconds.
const SILENCE_MS = 40_000;
/** Between tabs only: the stream lives. */
const ALIVE = "antiphon.alive";

const listeners = new Set<Listener>();

export function onLiveEvent(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const tell = (event: LiveEvent) => {
  heard();
  if (event.type === ALIVE) return;
  for (const listener of listeners) listener(event);
};

const parsed = (data: string): unknown => {
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return null;
  }
};

/** Reads one response to its end; returns the id of the last event seen. */
async function follow(response: Response, abort: AbortController, lastId: string | null, share: Listener) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new EventParser();
  let id = lastId;
  let silence: ReturnType<typeof setTimeout> | undefined;
  const listen = () => {
    clearTimeout(silence);
    silence = setTimeout(() => abort.abort(), SILENCE_MS);
  };
  try {
    for (listen(); reader; listen()) {
      const { done, value } = await reader.read();
      if (done) break;
      share({ type: ALIVE, data: null });
      for (const event of parser.push(value)) {
        if (event.id !== null) id = event.id;
        share({ type: event.type, data: parsed(event.data) });
      }
    }
  } catch {
    // The connection broke; the caller opens the next one.
  } finally {
    clearTimeout(silence);
  }
  return id;
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });

async function readForever(signal: AbortSignal, share: Listener): Promise<void> {
  let lastId: string | null = null;
  let retry = FIRST_RETRY_MS;
  let wasOpen = false;
  while (!signal.aborted) {
    const abort = new AbortController();
    const stop = () => abort.abort();
    signal.addEventListener("abort", stop);
    let wait = retry;
    try {
      const query = lastId === null ? "" : `?last_event_id=${encodeURIComponent(lastId)}`;
      const response = await fetch(`/api/conversations/stream${query}`, {
        headers: { Accept: "text/event-stream", ...accountHeaders() },
        credentials: "same-origin",
        cache: "no-store",
        signal: abort.signal,
      });
      if (response.ok) {
        connection.answered(response.status);
        // Without an id to resume from, what happened in between is unknown.
        if (wasOpen && lastId === null) share({ type: "reset", data: null });
        wasOpen = true;
        share({ type: ALIVE, data: null });
        lastId = await follow(response, abort, lastId, share);
        retry = FIRST_RETRY_MS;
        wait = 200;
      } else {
        if (response.status === 401) connection.ended();
        else connection.answered(response.status);
        wait = Math.max(Number(response.headers.get("Retry-After")) * 1000 || 0, retry);
        retry = Math.min(retry * 2, LONGEST_RETRY_MS);
      }
    } catch {
      if (!signal.aborted) connection.lost();
      retry = Math.min(retry * 2, LONGEST_RETRY_MS);
    }
    signal.removeEventListener("abort", stop);
    if (!signal.aborted) await pause(wait, signal);
  }
}

/** Begins; returns the end. `scope` keeps people and accounts of one browser apart. */
export function startLive(scope: string): () => void {
  const end = new AbortController();
  const name = `antiphon.live.${scope}`;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(name) : null;
  if (channel) channel.onmessage = ({ data }: MessageEvent<LiveEvent>) => tell(data);
  const share = (event: LiveEvent) => {
    tell(event);
    channel?.postMessage(event);
  };
  // Locks need a secure context; elsewhere every tab reads for itself.
  if (channel && "locks" in navigator) {
    navigator.locks.request(name, { signal: end.signal }, () => readForever(end.signal, share)).catch(() => undefined);
  } else {
    void readForever(end.signal, tell);
  }
  return () => {
    end.abort();
    channel?.close();
  };
}
