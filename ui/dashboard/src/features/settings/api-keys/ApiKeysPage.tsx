import { Comes } from "@/components/Comes";

export function ApiKeysPage() {
  return <Comes title="API keys" />;
}
