import { Comes } from "@/components/Comes";

export function ContactsPage() {
  return <Comes title="Contacts" />;
}
