import { Comes } from "@/components/Comes";

export function AuditLogPage() {
  return <Comes title="Audit log" />;
}
