import type { PhoneNumber } from "@/api/numbers";
import { phoneText } from "@/format";

export type DestinationType = "web_phone" | "external_forwarding";
export type FallbackType = "voicemail" | "external_forwarding" | "busy";

export const destinationChoices = [
  { value: "web_phone", label: "People, in the browser" },
  { value: "external_forwarding", label: "Another phone number" },
];
export const fallbackChoices = [
  { value: "voicemail", label: "Voicemail, written down" },
  { value: "external_forwarding", label: "Another phone number" },
  { value: "busy", label: "Busy tone" },
];

const text = (value: unknown) => (typeof value === "string" ? value : "");

export const numberOf = (destination: Record<string, unknown>) => text(destination.number);

/** Where calls to a number go, in words. */
export function destinationText({ call_destination: to, fallback }: PhoneNumber): string {
  const second =
    fallback.type === "voicemail"
      ? "then voicemail"
      : fallback.type === "external_forwarding"
        ? `then ${phoneText(numberOf(fallback))}`
        : "then busy";
  if (to.type === "external_forwarding") return `${phoneText(numberOf(to))}, ${second}`;
  if (to.type === "ai_agent") return `An agent, ${second}`;
  const people = Array.isArray(to.user_ids) ? to.user_ids.length : 0;
  return `${people === 0 ? "Everybody" : people === 1 ? "One person" : `${people} people`} in the browser, ${second}`;
}
