import { Comes } from "@/components/Comes";

export function IntegrationsPage() {
  return <Comes title="Integrations" />;
}
