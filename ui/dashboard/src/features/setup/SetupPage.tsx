import { getRouteApi } from "@tanstack/react-router";
import { EnginesStep } from "./EnginesStep";
import { MailStep } from "./MailStep";
import { OwnerStep } from "./OwnerStep";

const route = getRouteApi("/setup");

/** The first visit: an owner with a workspace, then what hears and what mails is tried. */
export function SetupPage() {
  const { step } = route.useSearch();
  if (step === "engines") return <EnginesStep />;
  if (step === "mail") return <MailStep />;
  return <OwnerStep />;
}
