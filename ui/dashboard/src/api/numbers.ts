import { queryOptions } from "@tanstack/react-query";
import { type Answer, call } from "./client";
import { keys } from "./keys";
import type { Endpoints } from "./types";

export type PhoneNumber = Answer<"GET /phone-numbers/{id}">;
export type Integration = Answer<"GET /integrations">["integrations"][number];
export type ConnectionSummary = Integration["connections"][number];
export type NumberChange = Endpoints["PATCH /phone-numbers/{id}"]["body"];

export const numbersQuery = queryOptions({
  queryKey: keys.numbers,
  queryFn: ({ signal }) => call("GET /phone-numbers", { query: { limit: 100 }, signal }),
});
export const integrationsQuery = queryOptions({
  queryKey: keys.integrations,
  queryFn: ({ signal }) => call("GET /integrations", { signal }),
});

export const importNumber = (body: Endpoints["POST /phone-numbers/import"]["body"]) => call("POST /phone-numbers/import", { body });
export const changeNumber = (id: string, body: NumberChange) => call("PATCH /phone-numbers/{id}", { path: { id }, body });
export const deleteNumber = (id: string, release: boolean) => call("DELETE /phone-numbers/{id}", { path: { id }, query: { release } });
export const checkNumber = (id: string) => call("POST /phone-numbers/{id}/check", { path: { id } });

export const connectIntegration = (key: string, fields: Record<string, string>, label: string) =>
  call("POST /integrations/{key}/connect", { path: { key }, body: { label, fields } });
export const changeConnection = (id: string, fields: Record<string, string>, label: string) =>
  call("PATCH /integration-connections/{id}", { path: { id }, body: { label, fields } });
export const deleteConnection = (id: string) => call("DELETE /integration-connections/{id}", { path: { id } });
export const testConnection = (id: string) => call("POST /integration-connections/{id}/test", { path: { id } });
