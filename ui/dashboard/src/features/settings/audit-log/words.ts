/** Entries of the audit log in words. */
import { sentenceCase } from "@/format";

const verbs: Record<string, string> = {
  created: "Created",
  updated: "Changed",
  deleted: "Deleted",
  revoked: "Revoked",
  rotated: "Replaced",
  invited: "Invited",
  joined: "Joined",
  disabled: "Disabled",
};

const whole: Record<string, string> = {
  "session.started": "Signed in",
  "session.ended": "Signed out",
  "user.password_changed": "Changed the password",
  "user.preferences_updated": "Changed own preferences",
};

/** "api_key.created" -> "Created API key" */
export function actionText(action: string): string {
  const [object = "", verb = ""] = action.split(".");
  const thing = object.replaceAll("_", " ").replace(/^api /, "API ");
  const known = verbs[verb];
  if (whole[action]) return whole[action];
  return known ? `${known} ${thing}` : `${sentenceCase(thing)}: ${verb.replaceAll("_", " ")}`;
}

export function valueText(value: unknown): string {
  if (value === null || value === undefined || value === "") return "nothing";
  if (value === true) return "yes";
  if (value === false) return "no";
  if (Array.isArray(value)) return value.length === 0 ? "nothing" : value.map(valueText).join(", ");
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

/** "retention.recordings_days" -> "Retention, recordings days" */
export const fieldText = (field: string) => sentenceCase(field.replaceAll(".", ", "));

export const targetKinds = [
  "account",
  "api_key",
  "call",
  "conversation",
  "integration",
  "lead",
  "phone_number",
  "recording_channel",
  "user",
  "voicegram",
  "webhook",
].map((value) => ({ value, label: sentenceCase(value).replace(/^Api /, "API ") }));
