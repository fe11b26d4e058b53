import { Badge, Group, Loader, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Voicegram } from "@/api/voicegrams";
import { fullTime, lengthText, shortTime } from "@/format";
import classes from "./inbox.module.css";
import { SummaryBadges } from "./SummaryBadges";

function summaryLine({ status, summary, transcript }: Voicegram): string {
  if (summary?.text) return summary.text;
  if (transcript.text) return transcript.text;
  return status === "processing" ? "Being transcribed…" : "No speech was recognised.";
}

export function VoicegramRow({ voicegram }: { voicegram: Voicegram }) {
  const isUnread = voicegram.is_read === false;
  return (
    <Link
      to="/inbox/$id"
      params={{ id: voicegram.id }}
      className={`${classes.row} ${isUnread ? classes.unread : ""}`}
      data-testid="voicegram-row"
    >
      <span className={classes.dot} role="img" aria-label={isUnread ? "Unread" : undefined} aria-hidden={!isUnread} />
      <div style={{ minWidth: 0 }}>
        <Group gap={8} wrap="nowrap">
          <Text size="sm" className={classes.sender} truncate>
            {voicegram.sender.email ?? voicegram.sender.phone ?? "Unknown sender"}
          </Text>
          <Text size="xs" c="dimmed" truncate visibleFrom="xs">
            {voicegram.channel.name}
          </Text>
        </Group>
        <Text size="sm" c="dimmed" lineClamp={2} mt={2} mb={6}>
          {summaryLine(voicegram)}
        </Text>
        <Group gap={6}>
          {voicegram.status === "processing" && (
            <Badge variant="light" color="blue" tt="none" fw={550} leftSection={<Loader size={10} color="blue" />}>
              Processing
            </Badge>
          )}
          <SummaryBadges summary={voicegram.summary} />
          {voicegram.tags.map((tag) => (
            <Badge key={tag} variant="outline" color="gray" tt="none" fw={500}>
              {tag}
            </Badge>
          ))}
        </Group>
      </div>
      <div className={classes.meta}>
        <Text size="xs" c="dimmed" title={fullTime(voicegram.created_at)}>
          {shortTime(voicegram.created_at)}
        </Text>
        <Text size="xs" c="dimmed" mt={2}>
          {lengthText(voicegram.duration_seconds)}
        </Text>
      </div>
    </Link>
  );
}
