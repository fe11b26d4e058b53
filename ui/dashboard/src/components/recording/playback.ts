/** How recordings are played in this browser. */

export const RATES: readonly number[] = [0.75, 1, 1.25, 1.5, 1.75, 2];
export const SKIP_SECONDS = 5;

const NAME = "antiphon.playback-rate";

/** The speed chosen last; 1 where storage is closed or holds no known speed. */
export function keptRate(): number {
  try {
    const rate = Number(localStorage.getItem(NAME));
    return RATES.includes(rate) ? rate : 1;
  } catch {
    return 1;
  }
}

export function keepRate(rate: number): void {
  try {
    localStorage.setItem(NAME, String(rate));
  } catch {
    // Private windows may refuse; the speed then lasts as long as the page.
  }
}
