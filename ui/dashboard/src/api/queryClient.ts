import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client";
import { connection } from "./connection";
import { keys } from "./keys";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) =>
        failures < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
    mutations: { networkMode: "always" },
  },
});

/** Everything on the screen is read again, but not who is signed in. */
export const refreshAll = () =>
  queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });

connection.onReturn(() => void refreshAll());
