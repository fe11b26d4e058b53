/** Stretches of time on the home page. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
export const DAYS = 14;
export const MISSED_DAYS = 7;

/** "45 s", "12 min", "3 h 5 min", "2 d 4 h" */
export function waitText(seconds: number): string {
  const total = Math.round(seconds);
  if (total < MINUTE) return `${total} s`;
  if (total < HOUR) return `${Math.round(total / MINUTE)} min`;
  const [large, unit, small, smaller] = total < DAY ? ([HOUR, "h", MINUTE, "min"] as const) : ([DAY, "d", HOUR, "h"] as const);
  const whole = Math.floor(total / large);
  const rest = Math.floor((total % large) / small);
  return rest ? `${whole} ${unit} ${rest} ${smaller}` : `${whole} ${unit}`;
}

/** The date that many days ago where the person is, "2026-11-07". */
export function dateBefore(days: number, timeZone: string, now = new Date()): string {
  const today = new Intl.DateTimeFormat("en-CA", { dateStyle: "short", timeZone }).format(now);
  const at = new Date(`${today}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() - days);
  return at.toISOString().slice(0, 10);
}
