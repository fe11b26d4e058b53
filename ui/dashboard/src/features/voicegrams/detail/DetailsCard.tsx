import { Anchor, Badge, Button, Group } from "@mantine/core";
import { IconMessage, IconUser } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { openConversation } from "@/api/conversations";
import { useMay } from "@/api/session";
import type { VoicegramDetail } from "@/api/voicegrams";
import { Fact, SideCard } from "@/components/SideCard";
import { TimeText } from "@/components/texts";
import { problemToast } from "@/components/toasts";
import { lengthText } from "@/format";

function SenderActions({ leadId }: { leadId: string }) {
  const may = useMay();
  const navigate = useNavigate();
  const open = useMutation({
    mutationFn: () => openConversation(leadId),
    onSuccess: ({ id }) => navigate({ to: "/inbox/$id", params: { id } }),
    onError: (error) => problemToast("The conversation was not opened", error),
  });
  return (
    <Group gap={6} mt="sm">
      {may("conversations:write") && (
        <Button
          size="compact-sm"
          variant="light"
          leftSection={<IconMessage size={14} aria-hidden />}
          loading={open.isPending}
          onClick={() => open.mutate()}
        >
          Reply
        </Button>
      )}
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconUser size={14} aria-hidden />}
        renderRoot={(props) => <Link to="/contacts/$id" params={{ id: leadId }} {...props} />}
      >
        Profile
      </Button>
    </Group>
  );
}

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
          {/^https?:\/\//.test(channel.page_url) ? (
            <Anchor href={channel.page_url} target="_blank" rel="noreferrer noopener" inherit>
              {channel.page_url.replace(/^https?:\/\//, "")}
            </Anchor>
          ) : (
            channel.page_url
          )}
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
      {voicegram.lead_id && <SenderActions leadId={voicegram.lead_id} />}
    </SideCard>
  );
}
