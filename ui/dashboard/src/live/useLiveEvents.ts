import { useEffect, useEffectEvent } from "react";
import { queryClient, refreshAll } from "@/api/queryClient";
import { useMe } from "@/api/session";
import { staleKeys } from "./invalidate";
import { type LiveEvent, onLiveEvent, startLive } from "./stream";

// The first event counts at once; a burst behind it (an import, a campaign) becomes one refresh.
const GATHER_MS = 80;

function refreshSoon(): (event: LiveEvent) => void {
  let gathered = new Map<string, readonly [string]>();
  let isAll = false;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let ranAt = Number.NEGATIVE_INFINITY;
  const run = () => {
    timer = null;
    ranAt = performance.now();
    const stale = [...gathered.values()];
    gathered = new Map();
    if (isAll) void refreshAll();
    else for (const queryKey of stale) void queryClient.invalidateQueries({ queryKey });
    isAll = false;
  };
  return ({ type }) => {
    const stale = staleKeys(type);
    if (stale === null) isAll = true;
    else for (const key of stale) gathered.set(key[0], key);
    if ((isAll || gathered.size > 0) && timer === null) {
      timer = setTimeout(run, Math.max(0, ranAt + GATHER_MS - performance.now()));
    }
  };
}

/** Mounted once by the shell: keeps what is on the screen up to date. */
export function useLiveRefresh(): void {
  const { user, account } = useMe();
  const scope = `${user.id}.${account.id}`;
  useEffect(() => {
    const forget = onLiveEvent(refreshSoon());
    const end = startLive(scope);
    return () => {
      end();
      forget();
    };
  }, [scope]);
}

/** Calls `listener` with every live event whose type passes `types` (`"message.*"`, `"call.ended"`; none: all). */
export function useLiveEvents(listener: (event: LiveEvent) => void, types: readonly string[] = []): void {
  const heard = useEffectEvent((event: LiveEvent) => {
    const passes = (pattern: string) =>
      pattern.endsWith(".*") ? event.type.startsWith(pattern.slice(0, -1)) : pattern === event.type;
    if (types.length === 0 || types.some(passes)) listener(event);
  });
  useEffect(() => onLiveEvent((event) => heard(event)), []);
}
