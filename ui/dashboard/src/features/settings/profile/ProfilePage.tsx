import { Comes } from "@/components/Comes";

export function ProfilePage() {
  return <Comes title="Your profile" />;
}
