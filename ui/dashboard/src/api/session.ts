import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { CHOSEN_ACCOUNT } from "@/early";
import { type Answer, ApiError, api, call, isMissing, setActingFor, setCsrfToken } from "./client";
import { connection } from "./connection";
import { keys } from "./keys";
import { queryClient } from "./queryClient";
import type { Endpoints, Me, SessionAnswer } from "./types";

export type Session = SessionAnswer;

function remember(session: Session): Session {
  setCsrfToken(session.csrf_token);
  queryClient.setQueryData(sessionQuery.queryKey, session);
  void queryClient.invalidateQueries({ queryKey: keys.me });
  connection.back();
  return session;
}

/** Null when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      const session = await call("GET /session", { signal });
      setCsrfToken(session.csrf_token);
      return session;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

export interface Credentials {
  email: string;
  password: string;
  totp?: string;
}

export const signIn = async (credentials: Credentials) =>
  remember(await api.post<Session>("/session", credentials));
export const acceptLink = async (token: string, more: { password?: string; totp?: string } = {}) =>
  remember(await call("POST /session/accept", { body: { token, ...more } }));
export const mailSignInLink = (email: string) => call("POST /session/link", { body: { email } });
export const signOut = () => call("DELETE /session");

/** Null once the installation has an account (contracts/votel.md 18). */
export const setupQuery = queryOptions({
  queryKey: keys.setup,
  queryFn: async ({ signal }): Promise<Answer<"GET /setup"> | null> => {
    try {
      return await call("GET /setup", { signal });
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

export async function setUp(body: Endpoints["POST /setup"]["body"]): Promise<Session> {
  const session = remember(await call("POST /setup", { body }));
  queryClient.setQueryData(setupQuery.queryKey, null);
  return session;
}

/** What the signed-in person may do, and in which account. */
export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: ({ signal }) => call("GET /me", { signal }),
  staleTime: 60_000,
});

/** Whether this server plays the phone network; its routes are 404 where it does not (contracts/votel.md 0.1). */
export const simulatorQuery = queryOptions({
  queryKey: keys.simulator,
  queryFn: async ({ signal }): Promise<boolean> => {
    try {
      await api.get("/simulator/outbox", { limit: 1 }, signal);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export const useMe = (): Me => useSuspenseQuery(meQuery).data;

/** `may("leads:write")`: whether a control is shown; the server decides again. */
export function useMay(): (permission: string) => boolean {
  const { permissions } = useMe();
  return (permission) => permissions.includes(permission);
}

export type Preferences = Answer<"GET /me/preferences">;

/** The person's own zone and language format (null where they follow the browser), and what they are told of. */
export const preferencesQuery = queryOptions({
  queryKey: keys.preferences,
  queryFn: ({ signal }) => call("GET /me/preferences", { signal }),
  staleTime: 5 * 60_000,
});

export interface AccountChoice {
  id: string;
  name: string;
}

/** Sub-accounts one may act in; empty where there are none. */
export const accountsQuery = queryOptions({
  queryKey: keys.accounts,
  queryFn: async ({ signal }): Promise<AccountChoice[]> => {
    try {
      const answer = await api.get<{ sub_accounts: AccountChoice[] }>("/sub-accounts", { limit: 100 }, signal);
      return answer.sub_accounts;
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

/** The choice lives as long as the tab, so two tabs can show two accounts. */
export function restoreAccount(): void {
  setActingFor(sessionStorage.getItem(CHOSEN_ACCOUNT));
}

export async function switchAccount(accountId: string | null): Promise<void> {
  if (accountId) sessionStorage.setItem(CHOSEN_ACCOUNT, accountId);
  else sessionStorage.removeItem(CHOSEN_ACCOUNT);
  setActingFor(accountId);
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });
  await queryClient.ensureQueryData(meQuery);
}
