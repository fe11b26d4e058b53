import { Group, Loader, Paper, Text, ThemeIcon } from "@mantine/core";
import { IconCircleCheck, IconPlayerPause } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { channelQuery, type RecordingChannel } from "@/api/channels";
import { TimeText } from "@/components/texts";
import { useFormats } from "@/hooks/useFormats";

const ASK_EVERY_MS = 3_000;
const SECOND_MS = 1_000;
const FRESH_SECONDS = 90;

function useSecondsSince(iso: string | null): number | null {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), SECOND_MS);
    return () => clearInterval(timer);
  }, []);
  return iso === null ? null : Math.max(0, Math.round((now - Date.parse(iso)) / SECOND_MS));
}

/** Whether the widget runs on the site; asks while the page is open. */
export function LiveCheck({ channel }: { channel: RecordingChannel }) {
  const { data = channel } = useQuery({ ...channelQuery(channel.id), refetchInterval: ASK_EVERY_MS });
  const seconds = useSecondsSince(data.last_seen_at);
  const { locale } = useFormats();
  const isFresh = seconds !== null && seconds < FRESH_SECONDS;
  const ago = new Intl.RelativeTimeFormat(locale, { style: "short" }).format(-(seconds ?? 0), "second");
  return (
    <Paper withBorder radius="lg" p="md" role="status" data-testid="live-check" data-seen={seconds !== null}>
      <Group wrap="nowrap" gap="md">
        {seconds === null ? (
          channel.is_active ? (
            <Loader size={26} type="dots" />
          ) : (
            <ThemeIcon variant="light" color="gray" radius="xl" size={34} aria-hidden>
              <IconPlayerPause size={18} />
            </ThemeIcon>
          )
        ) : (
          <ThemeIcon variant="light" color={isFresh ? "teal" : "gray"} radius="xl" size={34} aria-hidden>
            <IconCircleCheck size={20} />
          </ThemeIcon>
        )}
        <div style={{ minWidth: 0 }}>
          <Text size="sm" fw={600} component="div">
            {seconds === null && (channel.is_active ? "Waiting for the first load…" : "This channel is paused")}
            {seconds !== null && isFresh && `It runs: seen ${ago} on ${data.host ?? "the site"}`}
            {data.last_seen_at && !isFresh && (
              <>
                Seen <TimeText iso={data.last_seen_at} /> on {data.host ?? "the site"}
              </>
            )}
          </Text>
          <Text size="sm" c="dimmed">
            {seconds === null
              ? `Open a page of ${data.host ?? "the site"} with the snippet in it: this notices by itself.`
              : "Noted at most once a minute, whenever a page with the snippet is opened."}
          </Text>
        </div>
      </Group>
    </Paper>
  );
}
