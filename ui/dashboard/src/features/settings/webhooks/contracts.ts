import type { Contract, Webhook } from "@/api/webhooks";

export const contractNames: Record<Contract, string> = {
  native: "Antiphon",
  voicegram: "Voicegram",
  vocatech: "Vocatech",
};

export const contractTexts: Record<Contract, string> = {
  native: "Everything that happens here, signed as Standard Webhooks.",
  voicegram: "Completed voicegrams, in the shape of the Voicegram API.",
  vocatech: "Calls and messages, in the shape of the Vocatech API.",
};

export const nameOfContract = (contract: string) => contractNames[contract as Contract] ?? contract;

export const nameOfWebhook = ({ name, url }: Webhook) => name || url.replace(/^https?:\/\//, "");

const reasons: Record<string, string> = {
  deleted: "It was deleted.",
  failures: "Its receiver failed too often.",
  gone: "Its receiver answered that it wants no more (410 Gone).",
  paused: "Somebody paused it.",
};

/** Why nothing is sent, in words. */
export const offText = ({ disabled_reason: reason }: Webhook) => reasons[reason ?? ""] ?? "It is switched off.";

export type WebhookState = "fine" | "failing" | "off";

export const stateOf = ({ is_active: isActive, consecutive_failures: failures }: Webhook): WebhookState =>
  !isActive ? "off" : failures > 0 ? "failing" : "fine";

export interface EventGroup {
  /** What stands before the first dot. */
  group: string;
  names: string[];
}

export function eventGroups(names: readonly string[]): EventGroup[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const group = name.split(".")[0] ?? name;
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  return [...groups].map(([group, list]) => ({ group, names: list }));
}

/** Whether the chosen names and patterns (`lead.*`) hold an event. */
export const isChosen = (chosen: readonly string[], name: string) =>
  chosen.includes(name) || chosen.some((pattern) => pattern.endsWith("*") && name.startsWith(pattern.slice(0, -1)));

/** Chosen anew with one event more or less; a pattern that held it is written out. */
export function toggled(chosen: readonly string[], name: string, names: readonly string[]): string[] {
  const out = names.filter((one) => isChosen(chosen, one));
  return out.includes(name) ? out.filter((one) => one !== name) : [...out, name];
}
