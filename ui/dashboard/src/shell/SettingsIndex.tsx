import { Navigate } from "@tanstack/react-router";
import { settingsScreens } from "./navigation";
import { useScreens } from "./useScreens";

/** `/settings` itself: the first page this person may see after their own profile, else the profile. */
export function SettingsIndex() {
  const screens = useScreens(settingsScreens);
  return <Navigate to={screens[1]?.to ?? "/settings/profile"} replace />;
}
