import { queryOptions } from "@tanstack/react-query";
import { ApiError, api, setCsrfToken } from "./client";
import { queryClient } from "./queryClient";

export interface Session {
  user: { id: string; name: string | null; email: string; role?: string };
  account: { id: string; name: string | null; plan_name?: string; timezone?: string };
  csrf_token: string;
}

function remember(session: Session): Session {
  setCsrfToken(session.csrf_token);
  queryClient.setQueryData(sessionQuery.queryKey, session);
  return session;
}

/** Null when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      const session = await api.get<Session>("/session", undefined, signal);
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
}

export const signIn = async (credentials: Credentials) => remember(await api.post<Session>("/session", credentials));
export const acceptLink = async (token: string, password?: string) =>
  remember(await api.post<Session>("/session/accept", { token, ...(password && { password }) }));
export const mailSignInLink = (email: string) => api.post<void>("/session/link", { email });
export const signOut = () => api.delete("/session");
