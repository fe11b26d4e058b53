import { queryOptions } from "@tanstack/react-query";
import { call } from "./client";
import { keys } from "./keys";

/** The active people of the account, for choices. */
export const usersQuery = queryOptions({
  queryKey: [...keys.users, "options"],
  queryFn: ({ signal }) => call("GET /users", { query: { for_options: true }, signal }),
  staleTime: 60_000,
});
