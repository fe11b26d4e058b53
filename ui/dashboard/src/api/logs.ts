import { type Answer, call, queryString } from "./client";
import { keys } from "./keys";
import { listQuery, PAGE_SIZE } from "./list";
import type { Endpoints } from "./types";

export type LoggedRequest = Answer<"GET /request-log">["request_log"][number];
export type AuditEntry = Answer<"GET /audit-log">["entries"][number];
export type RequestFilters = Omit<Endpoints["GET /request-log"]["query"], "limit" | "page" | "format">;
export type AuditFilters = Omit<Endpoints["GET /audit-log"]["query"], "limit" | "page" | "format">;

export const requestLogQuery = (filters: RequestFilters) =>
  listQuery([...keys.requestLog, filters], async (page, signal) => {
    const answer = await call("GET /request-log", { query: { ...filters, page, limit: PAGE_SIZE }, signal });
    return { rows: answer.request_log, total: answer.total };
  });

export const auditLogQuery = (filters: AuditFilters) =>
  listQuery([...keys.auditLog, filters], async (page, signal) => {
    const answer = await call("GET /audit-log", { query: { ...filters, page, limit: PAGE_SIZE }, signal });
    return { rows: answer.entries, total: answer.total };
  });

export const csvAddress = (path: "/request-log" | "/audit-log", filters: object) =>
  `/api${path}${queryString({ ...filters, format: "csv" })}`;
