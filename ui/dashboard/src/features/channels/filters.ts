import { defineFilters } from "@/filters";

export const filters = defineFilters({ search: "text", kind: ["domain", "campaign"], new: "flag" });
