import type { Word } from "@/api/voicegrams";

/** Below this the reader should listen again. */
export const LOW_CONFIDENCE = 0.6;
const PARAGRAPH_PAUSE_MS = 1500;

/** Index of the word being spoken at a time, or -1; words are in order. */
export function wordAt(words: readonly Word[], milliseconds: number): number {
  let low = 0;
  let high = words.length - 1;
  let found = -1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if ((words[middle]?.start_ms ?? 0) <= milliseconds) {
      found = middle;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return found >= 0 && milliseconds < (words[found]?.end_ms ?? 0) + 250 ? found : -1;
}

/** Index ranges of words between long pauses. */
export function paragraphs(words: readonly Word[]): [number, number][] {
  const ranges: [number, number][] = [];
  let start = 0;
  for (let index = 1; index <= words.length; index += 1) {
    const pause = (words[index]?.start_ms ?? Infinity) - (words[index - 1]?.end_ms ?? 0);
    if (pause >= PARAGRAPH_PAUSE_MS) {
      ranges.push([start, index]);
      start = index;
    }
  }
  return words.length ? ranges : [];
}
