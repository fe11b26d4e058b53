import { queryOptions } from "@tanstack/react-query";
import { whileNotLive } from "@/live/alive";
import { call } from "./client";
import { keys } from "./keys";
import type { Endpoints } from "./types";

export type { OverviewFigures, OverviewReport } from "./types";
export type OverviewSpan = Pick<Endpoints["GET /reports/overview"]["query"], "from" | "to" | "timezone" | "compare">;

export const overviewQuery = (span: OverviewSpan) =>
  queryOptions({
    queryKey: [...keys.reports, "overview", span],
    queryFn: ({ signal }) => call("GET /reports/overview", { query: span, signal }),
    refetchInterval: whileNotLive,
  });
