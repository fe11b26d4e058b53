import { defineFilters } from "@/filters";

export const filters = defineFilters({ play: ["call", "message", "voicegram"] });
