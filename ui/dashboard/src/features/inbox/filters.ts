import { defineFilters } from "@/filters";

export const filters = defineFilters({
  search: "text",
  view: ["mine", "unassigned", "all"],
  status: ["open", "snoozed", "closed"],
  unread: "flag",
  starred: "flag",
  flagged: "flag",
  channel: ["sms", "whatsapp", "email", "call", "voicegram"],
  tag: "text",
  sort: ["newest", "oldest", "manual", "all"],
  new: "flag",
});
