import { Comes } from "@/components/Comes";

export function EnginesPage() {
  return <Comes title="Speech engines" />;
}
