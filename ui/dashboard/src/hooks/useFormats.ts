import { useSyncExternalStore } from "react";
import { queryClient } from "@/api/queryClient";
import { preferencesQuery } from "@/api/session";
import { type Formats, formatsFor } from "@/format";

function currentFormats(): Formats {
  const preferences = queryClient.getQueryData(preferencesQuery.queryKey);
  return formatsFor(preferences?.locale, preferences?.timezone);
}

// One look at the preferences for all places that write a time; each list has dozens.
const writers = new Set<() => void>();
let seen: Formats | null = null;
queryClient.getQueryCache().subscribe(({ query }) => {
  if (query.queryKey[0] !== preferencesQuery.queryKey[0]) return;
  const formats = currentFormats();
  if (formats === seen) return;
  seen = formats;
  for (const tell of writers) tell();
});

function subscribeFormats(tell: () => void): () => void {
  writers.add(tell);
  return () => writers.delete(tell);
}

/** The signed-in person's way to write times and numbers; the browser's where they chose none. */
export const useFormats = (): Formats => useSyncExternalStore(subscribeFormats, currentFormats);

const TICK_MS = 30_000;
let now = Date.now();
let timer: ReturnType<typeof setInterval> | null = null;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const tell of listeners) tell();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer) {
      clearInterval(timer);
      timer = null;
    }
  };
}

/** The time in ms, renewed twice a minute for everything that shows how long ago something was. */
export const useNow = () => useSyncExternalStore(subscribe, () => now);
