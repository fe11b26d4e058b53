/** Times, lengths and numbers as one person reads them: their language format, their zone. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export interface Formats {
  /** "3 min ago", "14:05" today, "Tue 14:05" within a week, else "3 Nov". */
  short: (iso: string, now?: Date) => string;
  /** "3 Nov 2026, 14:05" */
  full: (iso: string) => string;
  /** "3 November 2026" */
  day: (iso: string) => string;
  /** "14:05" */
  time: (iso: string) => string;
  /** Whether both fall on one day in the person's zone. */
  isSameDay: (iso: string, other: string | Date) => boolean;
  number: (value: number) => string;
  percent: (fraction: number) => string;
  locale: string | undefined;
  timeZone: string | undefined;
}

/** Made when it is first needed: a format of the platform takes milliseconds to make. */
function later<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Throws RangeError where the platform does not know the language format or the zone. */
function makeFormats(locale: string | undefined, timeZone: string | undefined): Formats {
  const make = (options: Intl.DateTimeFormatOptions, as = locale) =>
    new Intl.DateTimeFormat(as, { ...options, ...(timeZone && { timeZone }) });
  const dates = (options: Intl.DateTimeFormatOptions, as?: string) => later(() => make(options, as));
  const time = make({ hour: "2-digit", minute: "2-digit" });
  const weekday = dates({ weekday: "short" });
  const date = dates({ day: "numeric", month: "short" });
  const dateWithYear = dates({ day: "numeric", month: "short", year: "numeric" });
  const full = dates({ dateStyle: "medium", timeStyle: "short" });
  const day = dates({ dateStyle: "long" });
  const dayKey = dates({ dateStyle: "short" }, "en-CA");
  const relative = later(() => new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" }));
  const number = later(() => new Intl.NumberFormat(locale));
  const percent = later(() => new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 }));
  const isSameDay = (iso: string, other: string | Date) =>
    dayKey().format(new Date(iso)) === dayKey().format(new Date(other));
  return {
    short: (iso, now = new Date()) => {
      const at = new Date(iso);
      const age = now.getTime() - at.getTime();
      if (age >= -MINUTE_MS && age < MINUTE_MS) return relative().format(0, "second");
      if (age > 0 && age < HOUR_MS) return relative().format(-Math.floor(age / MINUTE_MS), "minute");
      if (isSameDay(iso, now)) return time.format(at);
      if (age > 0 && age < 6 * DAY_MS) return `${weekday().format(at)} ${time.format(at)}`;
      return at.getFullYear() === now.getFullYear() ? date().format(at) : dateWithYear().format(at);
    },
    full: (iso) => full().format(new Date(iso)),
    day: (iso) => day().format(new Date(iso)),
    time: (iso) => time.format(new Date(iso)),
    isSameDay,
    number: (value) => number().format(value),
    percent: (fraction) => percent().format(fraction),
    locale,
    timeZone,
  };
}

const made = new Map<string, Formats>();

/** Undefined or unknown: what the browser uses. */
export function formatsFor(locale?: string | null, timeZone?: string | null): Formats {
  const name = `${locale ?? ""}|${timeZone ?? ""}`;
  let formats = made.get(name);
  if (!formats) {
    try {
      formats = makeFormats(locale || undefined, timeZone || undefined);
    } catch {
      formats = makeFormats(undefined, undefined);
    }
    made.set(name, formats);
  }
  return formats;
}

/** "3:07", "1:02:09" */
export function lengthText(seconds: number): string {
  const total = Math.round(seconds);
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const rest = String(total % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** "3 minutes 7 seconds", for people who listen to the page. */
export function spokenLength(seconds: number): string {
  const total = Math.round(seconds);
  const parts = [
    [Math.floor(total / 3600), "hour"],
    [Math.floor((total % 3600) / 60), "minute"],
    [total % 60, "second"],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`);
  return said.join(" ") || "0 seconds";
}

export function millisecondsBetween(from: string | null, to: string | null): number | null {
  return from && to ? Date.parse(to) - Date.parse(from) : null;
}

export function spanText(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

export function percentText(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

/** "follow-up" -> "Follow-up" */
export function sentenceCase(text: string): string {
  const words = text.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `plural(2, "message")` -> "2 messages" */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

// Calling codes of one and of two digits; all others have three.
const SHORT_CODES = /^(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

/** "+15550100123" -> "+1 555 010 0123"; what is no number in international form stays as it is. */
export function phoneText(phone: string): string {
  const digits = /^\+(\d{6,15})$/.exec(phone)?.[1];
  if (!digits) return phone;
  const code = SHORT_CODES.exec(digits)?.[0] ?? digits.slice(0, 3);
  const rest = digits.slice(code.length);
  if (code === "1" && rest.length === 10) return `+1 ${rest.slice(0, 3)} ${rest.slice(3, 6)} ${rest.slice(6)}`;
  const groups: string[] = [];
  for (let at = 0; at < rest.length; at += 3) groups.push(rest.slice(at, at + 3));
  // No single digit stands alone at the end.
  const last = groups.at(-1);
  if (groups.length > 1 && last?.length === 1) groups.splice(-2, 2, (groups.at(-2) ?? "") + last);
  return `+${code} ${groups.join(" ")}`;
}
