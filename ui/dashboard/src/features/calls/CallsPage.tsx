import { Comes } from "@/components/Comes";

export function CallsPage() {
  return <Comes title="Calls" />;
}
