import { Badge, Group, Paper, Text, Title, Tooltip } from "@mantine/core";
import { memo, type MouseEvent } from "react";
import type { VoicegramDetail, Word } from "@/api/voicegrams";
import classes from "@/components/recording/transcript.module.css";
import { LOW_CONFIDENCE, paragraphs } from "@/components/recording/words";
import { percentText } from "@/format";


interface TranscriptProps {
  transcript: VoicegramDetail["transcript"];
  engine: string | null;
  isProcessing: boolean;
  currentWord: number;
  /** Absent: there is nothing to listen to. */
  onSeek?: ((milliseconds: number) => void) | undefined;
}

/** Good for trying the product without any download; larger engines read far better. */
const FALLBACK_ENGINES = new Set(["pocketsphinx"]);

function confidenceColor(confidence: number): string {
  if (confidence >= 0.8) return "teal";
  return confidence >= LOW_CONFIDENCE ? "yellow" : "orange";
}

function WordSpan({ word, index, isNow }: { word: Word; index: number; isNow: boolean }) {
  const { confidence } = word;
  const isLow = confidence !== null && confidence < LOW_CONFIDENCE;
  return (
    <>
      <span
        className={`${classes.word} ${isLow ? classes.low : ""} ${isNow ? classes.now : ""}`}
        data-index={index}
        data-now={isNow || undefined}
        data-testid="word"
        title={isLow ? `Uncertain: ${percentText(confidence)}` : undefined}
      >
        {word.text}
      </span>{" "}
    </>
  );
}

const MemoWord = memo(WordSpan);

export function Transcript({ transcript, engine, isProcessing, currentWord, onSeek }: TranscriptProps) {
  const words = transcript.words ?? [];
  const seek = (event: MouseEvent) => {
    const index = (event.target as HTMLElement).closest<HTMLElement>("[data-index]")?.dataset.index;
    const word = index === undefined ? undefined : words[Number(index)];
    if (word) onSeek?.(word.start_ms);
  };
  return (
    <Paper withBorder radius="lg" p="lg" component="section" aria-label="Transcript" data-testid="transcript">
      <Group justify="space-between" mb="sm" gap="xs">
        <Title order={2} size="h5">
          Transcript
        </Title>
        {transcript.text && (
          <Group gap={6}>
            {engine && (
              <Tooltip
                multiline
                w={260}
                disabled={!FALLBACK_ENGINES.has(engine)}
                label="The built-in recogniser needs no download but makes mistakes. Choose a larger engine in the settings for better transcripts."
              >
                <Badge variant="default" tt="none" fw={500} data-testid="engine">
                  {engine}
                </Badge>
              </Tooltip>
            )}
            <Badge variant="light" color={confidenceColor(transcript.confidence)} tt="none" fw={550}>
              {percentText(transcript.confidence)} confidence
            </Badge>
          </Group>
        )}
      </Group>
      {!transcript.text && (
        <Text c="dimmed" size="sm">
          {isProcessing ? "The recording is being transcribed…" : "No speech was recognised in this recording."}
        </Text>
      )}
      {words.length === 0 && transcript.text && <p className={classes.text} dir="auto">{transcript.text}</p>}
      {/* The slider above gives the keyboard the same positions. */}
      <div onClick={onSeek && seek} data-seeks={onSeek ? true : undefined} dir="auto">
        {paragraphs(words).map(([start, end]) => (
          <p key={start} className={classes.text}>
            {words.slice(start, end).map((word, offset) => (
              <MemoWord
                key={start + offset}
                word={word}
                index={start + offset}
                isNow={start + offset === currentWord}
              />
            ))}
          </p>
        ))}
      </div>
    </Paper>
  );
}
