import { Grid, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ApiError } from "@/api/client";
import { channelQuery, deleteChannel, type RecordingChannel } from "@/api/channels";
import { keys } from "@/api/keys";
import { useMay } from "@/api/session";
import { ConfirmButton } from "@/components/ConfirmButton";
import { Page } from "@/components/Page";
import { ErrorState } from "@/components/states";
import { doneToast } from "@/components/toasts";
import { ActiveSwitch } from "./ActiveSwitch";
import { ChannelSettings } from "./ChannelSettings";
import { InstallCard } from "./InstallCard";
import { LatestCard } from "./LatestCard";
import { PreviewCard } from "./PreviewCard";
import { ShareCard } from "./ShareCard";
import { WorkspaceLine } from "./WorkspaceLine";

const route = getRouteApi("/app/channels/$id");
const BACK = { to: "/channels", label: "Channels" };

function Channel({ channel }: { channel: RecordingChannel }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const canDelete = useMay()("channels:manage");
  const isDomain = channel.kind === "domain";
  const remove = async () => {
    await deleteChannel(channel.id);
    doneToast(`${channel.name} is closed for good.`);
    await navigate({ to: "/channels" });
    await client.invalidateQueries({ queryKey: keys.recordingChannels });
  };
  return (
    <Page
      title={channel.name}
      back={BACK}
      width={1600}
      lead={isDomain ? `Widget on ${channel.host ?? "a site"}` : "Hosted page"}
      actions={
        <Group gap="md">
          <ActiveSwitch channel={channel} />
          {canDelete && (
            <ConfirmButton
              title={`Close ${channel.name} for good?`}
              question={
                <Text size="sm">
                  {isDomain ? "The widget disappears from the site." : "The page says that it is closed."} Messages already left stay.
                  To stop for a while, switch it to paused instead.
                </Text>
              }
              verb="Close for good"
              label="Delete"
              color="red"
              variant="subtle"
              typed={channel.name}
              leftSection={<IconTrash size={16} aria-hidden />}
              onConfirm={remove}
            />
          )}
        </Group>
      }
    >
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack>
            {isDomain && <InstallCard channel={channel} />}
            {channel.public_url && <ShareCard url={channel.public_url} name={channel.slug ?? "page"} />}
            {!isDomain && !channel.public_url && (
              <Text size="sm" c="dimmed" component="div">
                <WorkspaceLine />
              </Text>
            )}
            {isDomain && <ChannelSettings channel={channel} />}
            {channel.public_url && <PreviewCard url={channel.public_url} isActive={channel.is_active} />}
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack>
            <LatestCard channel={channel} />
            {!isDomain && <ChannelSettings channel={channel} />}
          </Stack>
        </Grid.Col>
      </Grid>
    </Page>
  );
}

export function ChannelPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(channelQuery(id));
  if (data) return <Channel key={data.id} channel={data} />;
  if (error) {
    return (
      <Page title={error instanceof ApiError && error.status === 404 ? "No such channel" : "Channel"} back={BACK}>
        <ErrorState error={error} retry={() => void refetch()} />
      </Page>
    );
  }
  return (
    <Page title="Channel" back={BACK}>
      <Stack>
        <Skeleton height={240} radius="lg" />
        <Skeleton height={200} radius="lg" />
      </Stack>
    </Page>
  );
}
