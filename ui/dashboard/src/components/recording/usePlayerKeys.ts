import { useHotkeys } from "@mantine/hooks";
import { SKIP_SECONDS } from "./playback";

interface PlayerKeys {
  toggle: () => void;
  skip: (seconds: number) => void;
  step: (change: 1 | -1) => void;
}

const TYPED = ["INPUT", "TEXTAREA", "SELECT"];
/** Space presses these where they have the focus. */
const PRESSED = [...TYPED, "BUTTON", "A", "SUMMARY"];

/** What each key does on a page with a recording. */
export const playerKeys: readonly [keys: string, does: string][] = [
  ["Space", "Play or pause"],
  ["← →", `Skip ${SKIP_SECONDS} seconds`],
  ["< >", "Slower, faster"],
];

export function usePlayerKeys({ toggle, skip, step }: PlayerKeys, isReady: boolean): void {
  const when = (act: () => void) => () => {
    if (isReady) act();
  };
  useHotkeys([["Space", when(toggle)]], PRESSED);
  useHotkeys(
    [
      ["ArrowRight", when(() => skip(SKIP_SECONDS))],
      ["ArrowLeft", when(() => skip(-SKIP_SECONDS))],
      ["shift+<", when(() => step(-1))],
      ["shift+>", when(() => step(1))],
    ],
    TYPED,
  );
}
