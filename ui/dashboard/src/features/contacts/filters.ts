import { defineFilters } from "@/filters";

export const STAGES = ["subscriber", "lead", "mql", "sql", "opportunity", "customer", "evangelist"] as const;
const SORTS = ["name", "-name", "created_at", "-created_at", "last_activity_at", "-last_activity_at"] as const;

export const filters = defineFilters({
  search: "text",
  tag: "text",
  lifecycle_stage: [...STAGES, "other"],
  owner_id: "text",
  from: "text",
  to: "text",
  sort: SORTS,
  new: "flag",
});
