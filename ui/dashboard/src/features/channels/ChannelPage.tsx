import { Comes } from "@/components/Comes";

export function ChannelPage() {
  return <Comes title="Channel" />;
}
