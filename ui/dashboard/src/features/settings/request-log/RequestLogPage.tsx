import { Comes } from "@/components/Comes";

export function RequestLogPage() {
  return <Comes title="Request log" />;
}
