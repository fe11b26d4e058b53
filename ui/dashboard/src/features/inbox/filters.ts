import { defineFilters } from "@/filters";

export const filters = defineFilters({ search: "text", sort: "text", new: "flag" });
