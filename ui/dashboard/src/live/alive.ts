/** Whether events arrive; while they do not, what is on the screen is asked for again now and then. */

const SILENT_AFTER_MS = 40_000;
const ASK_EVERY_MS = 5_000;

let heardAt = Number.NEGATIVE_INFINITY;

/** A sign of life of the stream, in this tab or in the one that reads it. */
export function heard(now = performance.now()): void {
  heardAt = now;
}

export const isLive = (now = performance.now()) => now - heardAt < SILENT_AFTER_MS;

/** For `refetchInterval` of what people watch. */
export const whileNotLive = () => (isLive() ? false : ASK_EVERY_MS);
