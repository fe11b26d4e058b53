import { Comes } from "@/components/Comes";

export function ContactPage() {
  return <Comes title="Contact" />;
}
