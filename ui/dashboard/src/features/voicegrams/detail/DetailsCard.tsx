import { Anchor, Badge } from "@mantine/core";
import type { VoicegramDetail } from "@/api/voicegrams";
import { TimeText } from "@/components/texts";
import { lengthText } from "@/format";
import { Fact, SideCard } from "@/components/SideCard";

export function DetailsCard({ voicegram }: { voicegram: VoicegramDetail }) {
  const { sender, channel, audio } = voicegram;
  return (
    <SideCard title="Details">
      <Fact label="From">
        {sender.email ? <Anchor href={`mailto:${sender.email}`}>{sender.email}</Anchor> : (sender.phone ?? "Unknown")}
      </Fact>
      <Fact label="Channel">{channel.name}</Fact>
      {channel.page_url && (
        <Fact label="Page">
          <Anchor href={channel.page_url} target="_blank" rel="noreferrer noopener">
            {channel.page_url.replace(/^https?:\/\//, "")}
          </Anchor>
        </Fact>
      )}
      <Fact label="Received"><TimeText iso={voicegram.created_at} look="full" /></Fact>
      <Fact label="Length">{lengthText(voicegram.duration_seconds)}</Fact>
      {voicegram.status === "processing" && (
        <Fact label="Status">
          <Badge variant="light" color="blue" tt="none">
            Processing
          </Badge>
        </Fact>
      )}
      {audio?.deleted_at && <Fact label="Audio deleted"><TimeText iso={audio.deleted_at} look="full" /></Fact>}
    </SideCard>
  );
}
