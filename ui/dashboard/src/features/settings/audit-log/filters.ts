import { defineFilters } from "@/filters";

export const filters = defineFilters({
  actor_id: "text",
  target_kind: "text",
  target_id: "text",
  action: "text",
  search: "text",
  from: "text",
  to: "text",
});
