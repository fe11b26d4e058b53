import { queryOptions } from "@tanstack/react-query";
import { type Answer, call } from "./client";
import { keys } from "./keys";
import type { Endpoints } from "./types";

export type Account = Answer<"GET /account">;
export type AccountChange = Endpoints["PATCH /account"]["body"];

export const accountQuery = queryOptions({
  queryKey: keys.account,
  queryFn: ({ signal }) => call("GET /account", { signal }),
});

export const changeAccount = (body: AccountChange) => call("PATCH /account", { body });
