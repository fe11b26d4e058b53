import { useState } from "react";

/** Every answer signs a new link; playback keeps the first until it fails. */
export function useKeptLink(latest: string | null): { url: string | null; renew: () => void } {
  const [kept, setKept] = useState(latest);
  if (kept === null && latest !== null) setKept(latest);
  return { url: kept, renew: () => setKept(null) };
}
