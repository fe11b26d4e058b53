/** Query keys begin with the resource's word, so that a live event can refresh all that shows it. */
export const keys = {
  session: ["session"],
  me: ["me"],
  preferences: ["preferences"],
  accounts: ["accounts"],
  account: ["account"],
  users: ["users"],
  conversations: ["conversations"],
  messages: ["messages"],
  voicegrams: ["voicegrams"],
  calls: ["calls"],
  leads: ["leads"],
  tags: ["tags"],
  recordingChannels: ["recording-channels"],
  workspace: ["workspace"],
  numbers: ["phone-numbers"],
  integrations: ["integrations"],
  engines: ["engines"],
  apiKeys: ["api-keys"],
  webhooks: ["webhooks"],
  requestLog: ["request-log"],
  auditLog: ["audit-log"],
  reports: ["reports"],
  simulator: ["simulator"],
  search: ["search"],
} as const satisfies Record<string, readonly [string]>;

export type Resource = keyof typeof keys;
