/** Times and lengths as people read them; the reader's own locale and zone. */

export function lengthText(seconds: number): string {
  const total = Math.round(seconds);
  return `${Math.floor(total / 60)}:${String(total % 60).padStart(2, "0")}`;
}

export function millisecondsBetween(from: string | null, to: string | null): number | null {
  return from && to ? Date.parse(to) - Date.parse(from) : null;
}

export function spanText(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

const DAY_MS = 86_400_000;

/** "14:05" today, "Tue 14:05" within a week, else "3 Nov". */
export function shortTime(iso: string, now = new Date(), locale?: string): string {
  const at = new Date(iso);
  const time = at.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
  if (at.toDateString() === now.toDateString()) return time;
  if (now.getTime() - at.getTime() < 6 * DAY_MS) {
    return `${at.toLocaleDateString(locale, { weekday: "short" })} ${time}`;
  }
  const isThisYear = at.getFullYear() === now.getFullYear();
  return at.toLocaleDateString(locale, {
    day: "numeric",
    month: "short",
    ...(!isThisYear && { year: "numeric" }),
  });
}

export function fullTime(iso: string, locale?: string): string {
  return new Date(iso).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
}

export function percentText(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

/** "follow-up" -> "Follow-up" */
export function sentenceCase(text: string): string {
  const words = text.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
