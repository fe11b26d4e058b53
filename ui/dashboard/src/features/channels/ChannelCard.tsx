import { Anchor, Badge, Group, Paper, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconLink, IconWorld } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { RecordingChannel } from "@/api/channels";
import { CopyField } from "@/components/CopyField";
import { TimeText } from "@/components/texts";
import { useFormats } from "@/hooks/useFormats";
import { ActiveSwitch } from "./ActiveSwitch";

export function ChannelCard({ channel }: { channel: RecordingChannel }) {
  const { number } = useFormats();
  const isDomain = channel.kind === "domain";
  const count = channel.voicegram_count;
  return (
    <Paper withBorder radius="lg" p="lg" component="article" aria-label={channel.name} data-testid="channel-card">
      <Stack gap="md" h="100%" justify="space-between">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <Group gap="md" wrap="nowrap" style={{ minWidth: 0 }}>
            <ThemeIcon
              size={40}
              radius="md"
              variant="light"
              visibleFrom="xs"
              aria-hidden
              {...(!channel.is_active && { color: "gray" })}
            >
              {isDomain ? <IconWorld size={21} /> : <IconLink size={21} />}
            </ThemeIcon>
            <div style={{ minWidth: 0 }}>
              <Title order={2} size="h5" style={{ overflowWrap: "anywhere" }}>
                <Anchor
                  inherit
                  c="inherit"
                  renderRoot={(props) => <Link to="/channels/$id" params={{ id: channel.id }} {...props} />}
                >
                  {channel.name}
                </Anchor>
              </Title>
              <Group gap={8}>
                <Text size="sm" c="dimmed" component="div">
                  {isDomain ? "Widget" : "Hosted page"}
                  {isDomain && channel.last_seen_at && (
                    <>
                      {" "}
                      · seen <TimeText iso={channel.last_seen_at} />
                    </>
                  )}
                </Text>
                {isDomain && !channel.last_seen_at && (
                  <Badge variant="light" color="yellow" tt="none" fw={550}>
                    Not seen on the site yet
                  </Badge>
                )}
              </Group>
            </div>
          </Group>
          <ActiveSwitch channel={channel} />
        </Group>
        {channel.public_url && <CopyField label="Public link" value={channel.public_url} testId="public-url" />}
        {channel.embed_code && (
          <CopyField label="Put this into the pages of your site" value={channel.embed_code} testId="embed-code" />
        )}
        {!isDomain && !channel.public_url && (
          <Text size="sm" c="dimmed">
            Choose a workspace name to get a public link.
          </Text>
        )}
        <Group justify="space-between">
          <Anchor
            size="sm"
            renderRoot={(props) => <Link to="/voicegrams" search={{ recording_channel_id: channel.id }} {...props} />}
          >
            {number(count)} {count === 1 ? "message" : "messages"}
          </Anchor>
          <Anchor size="sm" renderRoot={(props) => <Link to="/channels/$id" params={{ id: channel.id }} {...props} />}>
            {isDomain ? "Set up and check" : "QR code and settings"}
          </Anchor>
        </Group>
      </Stack>
    </Paper>
  );
}
