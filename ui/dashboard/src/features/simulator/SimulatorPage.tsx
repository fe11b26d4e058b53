import { Comes } from "@/components/Comes";

export function SimulatorPage() {
  return <Comes title="Simulator" />;
}
