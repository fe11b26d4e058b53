import { defineFilters } from "@/filters";

export const filters = defineFilters({
  search: "text",
  kind: ["secret", "public", "pat"],
  sort: ["name", "-name", "created_at", "-created_at", "last_used_at", "-last_used_at"],
  new: "flag",
});
