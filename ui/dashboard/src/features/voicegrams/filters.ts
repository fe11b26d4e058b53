import { defineFilters } from "@/filters";

export const filters = defineFilters({
  search: "text",
  recording_channel_id: "text",
  status: ["processing", "completed", "failed_step"],
  urgency: ["low", "medium", "high"],
  sentiment: ["positive", "neutral", "negative"],
  intent: "text",
  tag: "text",
  callback_required: "flag",
  unread: "flag",
  from: "text",
  to: "text",
  sort: ["created_at", "-created_at", "completed_at", "-completed_at", "duration_seconds", "-duration_seconds"],
});
