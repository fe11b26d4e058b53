import { Comes } from "@/components/Comes";

export function DevelopersPage() {
  return <Comes title="Developers" />;
}
