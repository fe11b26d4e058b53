import { defineFilters } from "@/filters";

export const filters = defineFilters({
  search: "text",
  role: ["viewer", "member", "admin", "owner"],
  status: ["active", "invited", "disabled"],
  new: "flag",
});
