import { queryOptions } from "@tanstack/react-query";
import { type Answer, call } from "./client";
import { keys } from "./keys";
import { listQuery, PAGE_SIZE } from "./list";
import type { Endpoints } from "./types";

export type Webhook = Answer<"GET /webhooks/{id}">;
export type Attempt = Answer<"GET /webhooks/{id}/deliveries">["deliveries"][number];
export type Contract = NonNullable<Endpoints["POST /webhooks"]["body"]["contract"]>;
export type WebhookChange = Endpoints["PATCH /webhooks/{id}"]["body"];

export const webhooksQuery = (filters: { contract?: Contract; is_active?: boolean }) =>
  listQuery([...keys.webhooks, "list", filters], async (page, signal) => {
    const answer = await call("GET /webhooks", { query: { ...filters, page, limit: PAGE_SIZE }, signal });
    return { rows: answer.webhooks, total: answer.total };
  });

export const webhookQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.webhooks, "one", id],
    queryFn: ({ signal }) => call("GET /webhooks/{id}", { path: { id }, signal }),
  });

export const eventTypesQuery = (contract: Contract) =>
  queryOptions({
    queryKey: [...keys.webhooks, "event-types", contract],
    queryFn: ({ signal }) => call("GET /webhooks/event-types", { query: { contract }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

interface AttemptFilters {
  status?: "delivered" | "failed";
  event?: string;
  from?: string;
  to?: string;
}

export const attemptsQuery = (id: string, filters: AttemptFilters) =>
  listQuery([...keys.webhooks, "deliveries", id, filters], async (page, signal) => {
    const answer = await call("GET /webhooks/{id}/deliveries", { path: { id }, query: { ...filters, page, limit: PAGE_SIZE }, signal });
    return { rows: answer.deliveries, total: answer.total };
  });

export const createWebhook = (body: Endpoints["POST /webhooks"]["body"]) => call("POST /webhooks", { body });
export const changeWebhook = (id: string, body: WebhookChange) => call("PATCH /webhooks/{id}", { path: { id }, body });
export const deleteWebhook = (id: string) => call("DELETE /webhooks/{id}", { path: { id } });
export const testWebhook = (id: string, event: string | null) =>
  call("POST /webhooks/{id}/test", { path: { id }, body: event ? { event } : {} });
export const rotateWebhookSecret = (id: string, graceHours: number) =>
  call("POST /webhooks/{id}/rotate-secret", { path: { id }, body: { grace_hours: graceHours } });
export const resendDelivery = (id: string, deliveryId: string) =>
  call("POST /webhooks/{id}/deliveries/{delivery_id}/resend", { path: { id, delivery_id: deliveryId } });
