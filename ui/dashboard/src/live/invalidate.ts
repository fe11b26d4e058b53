/** Which lists and objects an event makes stale (event names: contracts/votel.md 16). */
import { keys, type Resource } from "@/api/keys";

const byGroup: Record<string, Resource[]> = {
  conversation: ["conversations", "reports"],
  message: ["conversations", "messages", "leads", "reports"],
  call: ["calls", "conversations", "messages", "leads", "reports"],
  voicegram: ["voicegrams", "conversations", "messages", "recordingChannels", "leads", "reports"],
  lead: ["leads", "conversations", "tags"],
  agent: ["conversations"],
  job: ["voicegrams", "calls"],
  user: ["users", "invitations"],
  api_key: ["apiKeys"],
  account: ["account"],
  number: ["numbers"],
  integration: ["integrations"],
  webhook: ["webhooks"],
  recording_channel: ["recordingChannels"],
  phone_number: ["numbers"],
};

/** Ephemeral marks change nothing that is stored. */
const ephemeral = new Set(["typing", "presence", "call.live"]);

/** Query keys to read again; null means all of them. */
export function staleKeys(type: string): readonly (readonly [string])[] | null {
  if (type === "reset") return null;
  if (ephemeral.has(type)) return [];
  const group = type.split(".")[0] ?? "";
  return (byGroup[group] ?? []).map((resource) => keys[resource]);
}
