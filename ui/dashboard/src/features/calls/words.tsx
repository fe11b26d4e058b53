/** How calls are told of. */
import { Badge } from "@mantine/core";
import { IconPhoneIncoming, IconPhoneOutgoing, IconPhoneX, IconUsers } from "@tabler/icons-react";
import type { CallRow } from "@/api/calls";
import type { Summary } from "@/api/voicegrams";
import { phoneText, sentenceCase } from "@/format";

type Told = Pick<CallRow, "direction" | "status" | "from_number" | "to_number" | "lead_name">;

/** Everything but an answered call. */
export const isMissed = ({ direction, status }: Pick<CallRow, "direction" | "status">) =>
  direction === "inbound" && (status === "no_answer" || status === "busy");

/** The number of the one outside. */
export const outsideNumber = ({ direction, from_number: from, to_number: to }: Told) => (direction === "inbound" ? from : to);

/** The account's own number. */
export const ownNumber = ({ direction, from_number: from, to_number: to }: Told) => (direction === "inbound" ? to : from);

export function partyName(call: Told): string {
  const number = outsideNumber(call);
  return call.lead_name || (number ? phoneText(number) : "Unknown number");
}

const statusWords: Record<CallRow["status"], [word: string, color: string]> = {
  completed: ["Answered", "teal"],
  no_answer: ["No answer", "orange"],
  busy: ["Busy", "orange"],
  failed: ["Failed", "red"],
  ringing: ["Ringing", "blue"],
  in_progress: ["In progress", "blue"],
};

export const statusChoices = (["completed", "no_answer", "busy", "failed"] as const).map((value) => ({
  value,
  label: value === "no_answer" ? "Not answered" : statusWords[value][0],
}));

export function statusWord(call: Pick<CallRow, "direction" | "status">): string {
  return call.status === "no_answer" && call.direction === "inbound" ? "Missed" : statusWords[call.status][0];
}

export function StatusBadge({ call }: { call: Pick<CallRow, "direction" | "status" | "voicemail"> }) {
  return (
    <Badge variant="light" color={statusWords[call.status][1]} tt="none" fw={550}>
      {call.voicemail ? "Voicemail" : statusWord(call)}
    </Badge>
  );
}

const directionWords: Record<CallRow["direction"], string> = {
  inbound: "Incoming",
  outbound: "Outgoing",
  internal: "Internal",
};

export const directionWord = ({ direction }: Pick<CallRow, "direction">) => directionWords[direction];
export const directionChoices = Object.entries(directionWords).map(([value, label]) => ({ value, label }));

export function DirectionIcon({ call, size = 18 }: { call: Pick<CallRow, "direction" | "status">; size?: number }) {
  const isBad = isMissed(call) || call.status === "failed";
  const look = { size, "aria-hidden": true, color: `var(--mantine-color-${isBad ? "red" : "dimmed"}${isBad ? "-text" : ""})`, style: { flex: "none" } };
  if (call.direction === "internal") return <IconUsers {...look} />;
  if (call.direction === "outbound") return <IconPhoneOutgoing {...look} />;
  return isBad ? <IconPhoneX {...look} /> : <IconPhoneIncoming {...look} />;
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);
const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
const PRIORITIES = ["low", "medium", "high"] as const;

/** What the analysis found, in the shape that voicegrams have it. */
export function summaryOf({ summary, sentiment, analysis }: Pick<CallRow, "summary" | "sentiment" | "analysis">): Summary | null {
  if (!summary && !sentiment && Object.keys(analysis).length === 0) return null;
  const { urgency, intent, callback_required: callback, action_items: items, mentioned } = analysis;
  const found = record(mentioned);
  return {
    text: summary ?? "",
    urgency: typeof urgency === "string" ? urgency : null,
    sentiment: sentiment?.label ?? null,
    intent: typeof intent === "string" ? intent : null,
    callback_required: callback === true,
    action_items: (Array.isArray(items) ? items.map(record) : []).map(({ task, priority, deadline }) => ({
      task: String(task ?? ""),
      priority: PRIORITIES.find((one) => one === priority) ?? "low",
      deadline: typeof deadline === "string" ? deadline : null,
    })),
    mentioned: { names: texts(found.names), phones: texts(found.phones), emails: texts(found.emails) },
  };
}

/** "caller_hangup" -> "The caller hung up" */
const reasons: Record<string, string> = {
  caller_hangup: "The caller hung up",
  agent_hangup: "The agent hung up",
  user_hangup: "We hung up",
  transferred: "Transferred",
  taken_over: "Taken over",
  voicemail: "Voicemail",
  no_answer: "Nobody answered",
  busy: "Busy",
  rejected: "Rejected",
  invalid_number: "No such number",
  outside_hours: "Outside opening hours",
  opted_out: "Opted out",
  max_duration: "Longest duration reached",
};

export const reasonText = (reason: string) => reasons[reason] ?? sentenceCase(reason);
