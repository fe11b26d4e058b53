import { Comes } from "@/components/Comes";

export function HomePage() {
  return <Comes title="Home" />;
}
