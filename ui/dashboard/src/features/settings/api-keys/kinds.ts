import type { ApiKey } from "@/api/apiKeys";

export type KeyKind = ApiKey["kind"];

export const kindNames: Record<KeyKind, string> = {
  secret: "Secret key",
  public: "Public key",
  pat: "Voicegram token",
};

export const kindTexts: Record<KeyKind, string> = {
  secret: "For your servers, over every contract. It may do what you may do, or less.",
  public: "For reading in browsers, over the Voicory contract alone. It reads the whole account.",
  pat: "A personal access token for the Voicegram API alone, for example in Zapier.",
};

export const ALL = "*";

/** The parts of a permission: "contacts:read" -> "contacts", "read". */
export const splitScope = (scope: string): [group: string, verb: string] => {
  const [group = "", verb = ""] = scope.split(":");
  return [group, verb];
};

/** Permissions by group, in the order given. */
export function scopeGroups(permissions: readonly string[]): { group: string; verbs: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const permission of permissions) {
    const [group, verb] = splitScope(permission);
    groups.set(group, [...(groups.get(group) ?? []), verb]);
  }
  return [...groups].map(([group, verbs]) => ({ group, verbs }));
}

const groupNames: Record<string, string> = {
  conversations: "Conversations and voicegrams",
  channels: "Recording channels",
  phone: "Phone numbers",
  contacts: "Contacts",
  contacts_config: "Contact fields and opt-outs",
  data: "Exports",
  activity: "Calls and reports",
  users: "People",
  settings: "Settings, engines, webhooks",
  keys: "API keys",
  audit: "Audit log",
  simulator: "Simulator",
  voicory: "Voicory contract",
  vocatech: "Vocatech contract",
};

export const groupName = (group: string) => groupNames[group] ?? group.replaceAll("_", " ");

/** What a key may do, in a few words. */
export function scopesText(scopes: readonly string[] | null, kind: KeyKind): string {
  if (kind === "public") return "Public";
  if (kind === "pat") return "Voicegram API";
  if (scopes === null || scopes.includes(ALL)) return "All its owner may do";
  if (scopes.length === 0) return "Nothing";
  return scopes.length <= 3 ? scopes.join(", ") : `${scopes.slice(0, 2).join(", ")} and ${scopes.length - 2} more`;
}
