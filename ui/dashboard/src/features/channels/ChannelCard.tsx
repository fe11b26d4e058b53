import { Anchor, Badge, Group, Paper, Stack, Switch, Text, ThemeIcon, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconLink, IconWorld } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { changeChannel, channelsQuery, type RecordingChannel } from "@/api/channels";
import { CopyField } from "@/components/CopyField";
import { TimeText } from "@/components/texts";

export function ChannelCard({ channel }: { channel: RecordingChannel }) {
  const client = useQueryClient();
  const toggle = useMutation({
    mutationFn: (isActive: boolean) => changeChannel(channel.id, { is_active: isActive }),
    onError: (error) => notifications.show({ color: "red", message: error.message }),
    onSettled: () => client.invalidateQueries({ queryKey: channelsQuery.queryKey }),
  });
  const isDomain = channel.kind === "domain";
  return (
    <Paper withBorder radius="lg" p="lg" component="article" aria-label={channel.name} data-testid="channel-card">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Group gap="md" wrap="nowrap" style={{ minWidth: 0 }}>
          <ThemeIcon size={40} radius="md" variant="light" visibleFrom="xs" color={channel.is_active ? undefined : "gray"}>
            {isDomain ? <IconWorld size={21} /> : <IconLink size={21} />}
          </ThemeIcon>
          <div style={{ minWidth: 0 }}>
            <Title order={2} size="h5" style={{ overflowWrap: "anywhere" }}>
              {channel.name}
            </Title>
            <Group gap={8}>
              <Text size="sm" c="dimmed">
                {isDomain ? "Widget" : "Hosted page"}
              </Text>
              {isDomain &&
                (channel.last_seen_at ? (
                  <Text size="sm" c="dimmed">
                    · last loaded <TimeText iso={channel.last_seen_at} />
                  </Text>
                ) : (
                  <Badge variant="light" color="yellow" tt="none" fw={550}>
                    Not seen on the site yet
                  </Badge>
                ))}
            </Group>
          </div>
        </Group>
        <Switch
          checked={toggle.isPending ? toggle.variables : channel.is_active}
          onChange={(event) => toggle.mutate(event.currentTarget.checked)}
          label="Open"
          labelPosition="left"
          aria-label={`${channel.name} takes messages`}
        />
      </Group>
      <Stack mt="md" gap="sm">
        {channel.public_url && <CopyField label="Public link" value={channel.public_url} testId="public-url" />}
        {channel.embed_code && (
          <CopyField label="Put this into the pages of your site" value={channel.embed_code} testId="embed-code" />
        )}
        {!isDomain && !channel.public_url && (
          <Text size="sm" c="dimmed">
            Choose a workspace name to get a public link.
          </Text>
        )}
      </Stack>
      <Group justify="space-between" mt="md">
        <Anchor
          size="sm"
          renderRoot={(props) => <Link to="/voicegrams" search={{ recording_channel_id: channel.id }} {...props} />}
        >
          {channel.voicegram_count} {channel.voicegram_count === 1 ? "message" : "messages"}
        </Anchor>
        {channel.public_url && (
          <Anchor href={channel.public_url} target="_blank" rel="noopener" size="sm">
            Open the page
          </Anchor>
        )}
      </Group>
    </Paper>
  );
}
