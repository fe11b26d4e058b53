import { defineFilters } from "@/filters";

export const filters = defineFilters({
  search: "text",
  direction: ["inbound", "outbound", "internal"],
  status: ["completed", "no_answer", "busy", "failed"],
  phone: "text",
  number_id: "text",
  user_id: "text",
  lead_id: "text",
  sentiment: ["positive", "neutral", "negative"],
  has_recording: "flag",
  from: "text",
  to: "text",
  sort: ["started_at", "-started_at", "duration_seconds", "-duration_seconds", "cost_micros", "-cost_micros"],
});
