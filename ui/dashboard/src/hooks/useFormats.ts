import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { preferencesQuery } from "@/api/session";
import { type Formats, formatsFor } from "@/format";

/** The signed-in person's way to write times and numbers; the browser's where they chose none. */
export function useFormats(): Formats {
  const { data } = useQuery({ ...preferencesQuery, enabled: false });
  return formatsFor(data?.locale, data?.timezone);
}

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
