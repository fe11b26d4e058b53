import { Comes } from "@/components/Comes";

export function CallPage() {
  return <Comes title="Call" />;
}
