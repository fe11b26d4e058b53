import { Comes } from "@/components/Comes";

export function PeoplePage() {
  return <Comes title="People" />;
}
