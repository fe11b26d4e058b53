import { Comes } from "@/components/Comes";

export function WebhooksPage() {
  return <Comes title="Webhooks" />;
}
