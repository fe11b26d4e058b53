import type { CallTurn } from "@/api/calls";

/** Index of the turn being spoken at a time, or -1; of two at once the later one. Turns are in order. */
export function turnAt(turns: readonly CallTurn[], milliseconds: number): number {
  for (let index = turns.length - 1; index >= 0; index -= 1) {
    const turn = turns[index];
    if (turn && turn.start_ms <= milliseconds) return milliseconds < turn.end_ms ? index : -1;
  }
  return -1;
}
