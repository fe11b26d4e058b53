import { Comes } from "@/components/Comes";

export function InboxPage() {
  return <Comes title="Inbox" />;
}
