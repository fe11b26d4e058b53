import { Comes } from "@/components/Comes";

export function NumbersPage() {
  return <Comes title="Numbers and carriers" />;
}
