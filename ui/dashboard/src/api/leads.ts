import { queryOptions } from "@tanstack/react-query";
import { phoneText } from "@/format";
import { whileNotLive } from "@/live/alive";
import { call } from "./client";
import { keys } from "./keys";
import { listQuery, PAGE_SIZE } from "./list";
import type { ActivityItem, Endpoints, Lead, Note } from "./types";

export type { ActivityItem, Lead, Note };
export type LeadFilters = Omit<Endpoints["GET /leads"]["query"], "limit" | "page">;
export type LeadInput = Endpoints["PUT /leads/{id}"]["body"];
export type ActivityType = NonNullable<Endpoints["GET /activities/lead/{id}"]["query"]["activity_type"]>;

export const leadsQuery = (filters: LeadFilters) => ({
  ...listQuery([...keys.leads, "list", filters], async (page, signal) => {
    const answer = await call("GET /leads", { query: { ...filters, page, limit: PAGE_SIZE }, signal });
    return { rows: answer.data, total: answer.total };
  }),
  refetchInterval: whileNotLive,
});

export const leadQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.leads, "one", id],
    queryFn: async ({ signal }) => (await call("GET /leads/{id}/view", { path: { id }, signal })).lead,
    refetchInterval: whileNotLive,
  });

export const notesQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.leads, "notes", id],
    queryFn: ({ signal }) => call("GET /leads/{id}/notes", { path: { id }, query: { limit: 100 }, signal }),
  });

const TIMELINE_PAGE = 30;

export const timelineQuery = (id: string, type?: ActivityType) =>
  listQuery([...keys.leads, "timeline", id, type ?? "all"], async (page, signal) => {
    const query = { page, limit: TIMELINE_PAGE, ...(type && { activity_type: type }) };
    const answer = await call("GET /activities/lead/{id}", { path: { id }, query, signal });
    return { rows: answer.activities, total: answer.total };
  });

export const tagsQuery = queryOptions({
  queryKey: [...keys.tags, "all"],
  queryFn: ({ signal }) => call("GET /tags", { query: { limit: 100 }, signal }),
  staleTime: 60_000,
});

export const createLead = (body: LeadInput) => call("POST /leads", { body });
export const changeLead = (id: string, body: LeadInput) => call("PUT /leads/{id}", { path: { id }, body });
export const deleteLead = (id: string) => call("DELETE /leads/{id}", { path: { id } });
export const changeLeadTags = (id: string, add: string[], remove: string[]) =>
  call("POST /leads/{id}/tags", { path: { id }, body: { add, remove } });
export const addNote = (id: string, content: string) => call("POST /leads/{id}/notes", { path: { id }, body: { content } });
export const changeNote = (id: string, change: Endpoints["PATCH /notes/{id}"]["body"]) =>
  call("PATCH /notes/{id}", { path: { id }, body: change });
export const deleteNote = (id: string) => call("DELETE /notes/{id}", { path: { id } });

/** What a person is called where nothing better is known. */
export const leadName = ({ name, email, phone }: Pick<Lead, "name" | "email" | "phone">): string =>
  name ?? email ?? (phone ? phoneText(phone) : "Unknown contact");
