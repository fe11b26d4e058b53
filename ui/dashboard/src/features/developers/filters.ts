import { defineFilters } from "@/filters";

export const filters = defineFilters({ events: "text" });
