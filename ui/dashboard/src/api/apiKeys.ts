import { queryOptions } from "@tanstack/react-query";
import { type Answer, call } from "./client";
import { keys } from "./keys";
import type { Endpoints } from "./types";

export type ApiKey = Answer<"GET /api-keys">["api_keys"][number];

export const apiKeysQuery = queryOptions({
  queryKey: keys.apiKeys,
  queryFn: async ({ signal }) => {
    const found: ApiKey[] = [];
    for (let page = 1; ; page += 1) {
      const { api_keys: rows, total } = await call("GET /api-keys", { query: { limit: 100, page }, signal });
      found.push(...rows);
      if (rows.length === 0 || found.length >= total) return found;
    }
  },
});

export const createKey = (body: Endpoints["POST /api-keys"]["body"]) => call("POST /api-keys", { body });
export const changeKey = (id: string, body: Endpoints["PATCH /api-keys/{id}"]["body"]) =>
  call("PATCH /api-keys/{id}", { path: { id }, body });
export const revokeKey = (id: string) => call("DELETE /api-keys/{id}", { path: { id } });
export const rotateKey = (id: string, graceHours: number) =>
  call("POST /api-keys/{id}/rotate", { path: { id }, body: { grace_hours: graceHours } });
