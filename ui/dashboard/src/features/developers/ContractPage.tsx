import { Comes } from "@/components/Comes";

export function ContractPage() {
  return <Comes title="Contract" />;
}
