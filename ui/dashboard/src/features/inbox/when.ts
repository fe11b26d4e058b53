/** Times ahead that a person chooses, as the clock on their wall shows them. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MORNING = "09:00";

/** "2026-11-20T09:00" in the zone; the browser's where there is none. */
export function wallTime(at: Date, timeZone?: string): string {
  const format = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", ...(timeZone && { timeZone }) });
  return format.format(at).replace(" ", "T");
}

/** The moment at which the zone's clock shows this; an hour that a clock change leaves out is the one after it. */
export function momentOf(wall: string, timeZone?: string): Date {
  const asUtc = Date.parse(`${wall}Z`);
  const ahead = (at: number) => Date.parse(`${wallTime(new Date(at), timeZone)}Z`) - at;
  const near = asUtc - ahead(asUtc);
  return new Date(asUtc - ahead(near));
}

export interface LaterChoice {
  label: string;
  at: Date;
}

/** What most people mean by later. */
export function laterChoices(now: Date, timeZone?: string): LaterChoice[] {
  const today = Date.parse(`${wallTime(now, timeZone).slice(0, 10)}T00:00Z`);
  const morning = (days: number) =>
    momentOf(`${new Date(today + days * DAY_MS).toISOString().slice(0, 10)}T${MORNING}`, timeZone);
  const untilMonday = (8 - new Date(today).getUTCDay()) % 7 || 7;
  const choices = [
    { label: "In 3 hours", at: new Date(now.getTime() + 3 * HOUR_MS) },
    { label: "Tomorrow at 9", at: morning(1) },
  ];
  return untilMonday === 1 ? choices : [...choices, { label: "Monday at 9", at: morning(untilMonday) }];
}
