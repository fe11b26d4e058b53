import { defineFilters } from "@/filters";

export const filters = defineFilters({
  search: "text",
  view: ["mine", "unassigned", "all"],
  status: ["open", "snoozed", "closed"],
  unread: "flag",
  starred: "flag",
  channel: ["sms", "whatsapp", "email", "call", "voicegram"],
  tag: "text",
  sort: ["newest", "oldest", "manual"],
  new: "flag",
});
