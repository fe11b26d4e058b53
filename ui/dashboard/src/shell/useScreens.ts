import { useQuery } from "@tanstack/react-query";
import { simulatorQuery, useMe } from "@/api/session";
import { type Screen, shownTo } from "./navigation";

/** The screens of a table that this person may open on this server. */
export function useScreens(screens: readonly Screen[]): Screen[] {
  const { permissions } = useMe();
  const { data: simulator = false } = useQuery({ ...simulatorQuery, enabled: permissions.includes("settings:write") });
  return shownTo(screens, permissions, { simulator });
}
