/** The palette's code is loaded when it is first opened. */
import { lazy, Suspense, useSyncExternalStore } from "react";

const load = () => import("./Palette");
const Palette = lazy(() => load().then(({ Palette: component }) => ({ default: component })));

let isWanted = false;
const listeners = new Set<() => void>();

export const preloadPalette = () => void load();

export function openPalette(): void {
  isWanted = true;
  for (const listener of listeners) listener();
  void load().then(({ show }) => show());
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function CommandPalette() {
  const wanted = useSyncExternalStore(subscribe, () => isWanted);
  return (
    wanted && (
      <Suspense>
        <Palette />
      </Suspense>
    )
  );
}
