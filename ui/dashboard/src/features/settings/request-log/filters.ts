import { defineFilters } from "@/filters";

export const filters = defineFilters({
  path: "text",
  search: "text",
  contract: ["votel", "voicegram", "voicory", "vocatech"],
  method: ["GET", "POST", "PUT", "PATCH", "DELETE"],
  status: ["2xx", "3xx", "4xx", "5xx"],
  key_id: "text",
  from: "text",
  to: "text",
});
