import { defineFilters } from "@/filters";

export const filters = defineFilters({
  contract: ["native", "voicegram", "vocatech"],
  state: ["active", "off"],
  new: "flag",
});
