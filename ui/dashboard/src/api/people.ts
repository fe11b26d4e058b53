import { queryOptions } from "@tanstack/react-query";
import { type Answer, call } from "./client";
import { keys } from "./keys";
import { listQuery, PAGE_SIZE } from "./list";
import type { Endpoints } from "./types";

export type User = Answer<"GET /users/{id}">;
export type Role = User["role"];
export type Invitation = Answer<"GET /invitations">["invitations"][number];
export type UserChange = Endpoints["PATCH /users/{id}"]["body"];

export const peopleQuery = (filters: { search?: string; role?: Role; status?: User["status"] }) =>
  listQuery([...keys.users, "list", filters], async (page, signal) => {
    const answer = await call("GET /users", { query: { ...filters, page, limit: PAGE_SIZE }, signal });
    return { rows: answer.users as User[], total: answer.total_count };
  });

export const userQuery = (id: string) =>
  queryOptions({ queryKey: [...keys.users, id], queryFn: ({ signal }) => call("GET /users/{id}", { path: { id }, signal }) });

export const invitationsQuery = queryOptions({
  queryKey: keys.invitations,
  queryFn: ({ signal }) => call("GET /invitations", { query: { limit: 100 }, signal }),
});

export const changeUser = (id: string, body: UserChange) => call("PATCH /users/{id}", { path: { id }, body });
export const removeUser = (id: string, reassignTo: string | null) =>
  call("DELETE /users/{id}", { path: { id }, query: reassignTo ? { reassign_to: reassignTo } : {} });
export const invite = (body: Endpoints["POST /invitations"]["body"]) => call("POST /invitations", { body });
export const resendInvitation = (id: string) => call("POST /invitations/{id}/resend", { path: { id } });
export const withdrawInvitation = (id: string) => call("DELETE /invitations/{id}", { path: { id } });

export const changePassword = (body: Endpoints["PUT /me/password"]["body"]) => call("PUT /me/password", { body });
export const beginTotp = () => call("POST /me/totp", { body: {} });
export const activateTotp = (code: string) => call("POST /me/totp", { body: { code } });
export const removeTotp = (password: string) => call("DELETE /me/totp", { body: { password } });
export const changePreferences = (body: Endpoints["PATCH /me/preferences"]["body"]) =>
  call("PATCH /me/preferences", { body });
