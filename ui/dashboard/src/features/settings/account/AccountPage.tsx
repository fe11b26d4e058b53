import { Comes } from "@/components/Comes";

export function AccountPage() {
  return <Comes title="Account" />;
}
