import { Comes } from "@/components/Comes";

export function WebhookPage() {
  return <Comes title="Webhook" />;
}
