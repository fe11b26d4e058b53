import { defineFilters } from "@/filters";

export const filters = defineFilters({ new: "flag" });
