import { Comes } from "@/components/Comes";

export function SetupPage() {
  return <Comes title="Set up" />;
}
