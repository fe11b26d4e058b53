import { Anchor, Group, Paper, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { rowsOf } from "@/api/list";
import type { RecordingChannel } from "@/api/channels";
import { voicegramsQuery } from "@/api/voicegrams";
import { TimeText } from "@/components/texts";
import { useFormats } from "@/hooks/useFormats";
import classes from "./channels.module.css";

const SHOWN = 5;

/** What was left in the channel lately. */
export function LatestCard({ channel }: { channel: RecordingChannel }) {
  const list = useInfiniteQuery(voicegramsQuery({ recording_channel_id: channel.id }));
  const rows = rowsOf(list.data).slice(0, SHOWN);
  const { number } = useFormats();
  return (
    <Paper withBorder radius="lg" p="md" component="section" aria-label="Messages" data-testid="latest">
      <Group justify="space-between" mb={rows.length ? "xs" : 0}>
        <Title order={2} size="h6">
          {number(channel.voicegram_count)} {channel.voicegram_count === 1 ? "message" : "messages"}
        </Title>
        {rows.length > 0 && (
          <Anchor size="sm" renderRoot={(props) => <Link to="/voicegrams" search={{ recording_channel_id: channel.id }} {...props} />}>
            All
          </Anchor>
        )}
      </Group>
      {list.data && rows.length === 0 && (
        <Text size="sm" c="dimmed">
          What people leave here appears by itself.
        </Text>
      )}
      <ul className={classes.latest}>
        {rows.map((row) => (
          <li key={row.id}>
            <Group justify="space-between" wrap="nowrap" gap="xs">
              <Anchor size="sm" truncate renderRoot={(props) => <Link to="/voicegrams/$id" params={{ id: row.id }} {...props} />}>
                {row.sender.email ?? "Unknown sender"}
              </Anchor>
              <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
                <TimeText iso={row.created_at} />
              </Text>
            </Group>
            <Text size="sm" c="dimmed" lineClamp={1}>
              {row.summary?.text || row.transcript.text || (row.status === "processing" ? "Being transcribed" : "No speech was recognised.")}
            </Text>
          </li>
        ))}
      </ul>
    </Paper>
  );
}
