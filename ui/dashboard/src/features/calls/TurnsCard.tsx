import { Badge, Group, Paper, Text, Title, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { memo } from "react";
import type { CallTurn } from "@/api/calls";
import classes from "@/components/recording/turns.module.css";
import { LOW_CONFIDENCE } from "@/components/recording/words";
import { lengthText, percentText, spokenLength } from "@/format";

interface TurnsCardProps {
  turns: readonly CallTurn[];
  /** Who spoke, by `speaker`. */
  names: Record<CallTurn["speaker"], string>;
  engine: string | null;
  confidence: number | null;
  current: number;
  /** What to say when there are none. */
  empty: string;
  /** Absent: there is nothing to listen to. */
  onSeek?: ((milliseconds: number) => void) | undefined;
}

const colors: Record<CallTurn["speaker"], string> = {
  caller: "var(--mantine-primary-color-filled)",
  user: "var(--mantine-color-teal-6)",
  agent: "var(--mantine-color-orange-6)",
};

interface TurnProps {
  turn: CallTurn;
  name: string;
  isNow: boolean;
  onSeek: TurnsCardProps["onSeek"];
}

const Turn = memo(function Turn({ turn, name, isNow, onSeek }: TurnProps) {
  const isLow = turn.confidence < LOW_CONFIDENCE;
  const seconds = turn.start_ms / 1000;
  const content = (
    <>
      <span className={classes.time}>
        <span aria-hidden>{lengthText(seconds)}</span>
        <VisuallyHidden>At {spokenLength(seconds)}</VisuallyHidden>
      </span>
      <span>
        <span className={classes.speaker}>
          <span className={classes.dot} style={{ background: colors[turn.speaker] }} aria-hidden />
          <bdi>{name}</bdi>
        </span>
        <span
          className={`${classes.text} ${isLow ? classes.low : ""}`}
          dir="auto"
          title={isLow ? `Uncertain: ${percentText(turn.confidence)}` : undefined}
        >
          {turn.text}
        </span>
      </span>
    </>
  );
  const className = `${classes.turn} ${isNow ? classes.now : ""}`;
  return (
    <li aria-current={isNow || undefined} data-testid="turn" data-now={isNow || undefined}>
      {onSeek ? (
        <UnstyledButton className={className} onClick={() => onSeek(turn.start_ms)}>
          {content}
        </UnstyledButton>
      ) : (
        <div className={className}>{content}</div>
      )}
    </li>
  );
});

/** What both sides said, in order; pressing a line plays it. */
export function TurnsCard({ turns, names, engine, confidence, current, empty, onSeek }: TurnsCardProps) {
  return (
    <Paper withBorder radius="lg" p="lg" component="section" aria-label="Transcript" data-testid="transcript">
      <Group justify="space-between" mb="sm" gap="xs">
        <Title order={2} size="h5">
          Transcript
        </Title>
        {turns.length > 0 && (
          <Group gap={6}>
            {engine && (
              <Badge variant="default" tt="none" fw={500} data-testid="engine">
                {engine}
              </Badge>
            )}
            {confidence !== null && (
              <Badge variant="light" color={confidence < LOW_CONFIDENCE ? "orange" : "teal"} tt="none" fw={550}>
                {percentText(confidence)} confidence
              </Badge>
            )}
          </Group>
        )}
      </Group>
      {turns.length === 0 ? (
        <Text c="dimmed" size="sm">
          {empty}
        </Text>
      ) : (
        <ol className={classes.turns}>
          {turns.map((turn, index) => (
            <Turn key={turn.start_ms + turn.speaker + String(index)} turn={turn} name={names[turn.speaker]} isNow={index === current} onSeek={onSeek} />
          ))}
        </ol>
      )}
    </Paper>
  );
}
