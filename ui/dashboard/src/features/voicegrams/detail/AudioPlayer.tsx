import { ActionIcon, Alert, Anchor, Button, Group, Paper, Skeleton, Text, VisuallyHidden } from "@mantine/core";
import { IconDownload, IconPlayerPauseFilled, IconPlayerPlayFilled } from "@tabler/icons-react";
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import WaveSurfer from "wavesurfer.js";
import { lengthText } from "@/format";
import { styleNonce } from "@/nonce";

export interface AudioPlayerHandle {
  seek(milliseconds: number): void;
}

interface AudioPlayerProps {
  url: string;
  fileName: string;
  lengthSeconds: number;
  onTime(milliseconds: number): void;
  /** The link is valid for minutes only; asks for a fresh one. */
  onExpired(): void;
  ref?: Ref<AudioPlayerHandle>;
}

const RATES = [1, 1.25, 1.5, 2];
const KEY_STEP_SECONDS = 5;

export function AudioPlayer({ url, fileName, lengthSeconds, onTime, onExpired, ref }: AudioPlayerProps) {
  const container = useRef<HTMLDivElement>(null);
  const wave = useRef<WaveSurfer | null>(null);
  const tell = useRef(onTime);
  tell.current = onTime;
  const [isReady, setReady] = useState(false);
  const [isPlaying, setPlaying] = useState(false);
  const [isBroken, setBroken] = useState(false);
  const [seconds, setSeconds] = useState(0);
  const [rate, setRate] = useState(1);

  useEffect(() => {
    if (!container.current) return undefined;
    const styles = getComputedStyle(container.current);
    const surfer = WaveSurfer.create({
      container: container.current,
      url,
      height: 64,
      waveColor: styles.getPropertyValue("--mantine-color-gray-5"),
      progressColor: styles.getPropertyValue("--mantine-primary-color-filled"),
      cursorColor: styles.getPropertyValue("--mantine-primary-color-filled"),
      cursorWidth: 2,
      barWidth: 3,
      barGap: 2,
      barRadius: 3,
      normalize: true,
      dragToSeek: true,
      cspNonce: styleNonce(),
    });
    wave.current = surfer;
    surfer.on("ready", () => setReady(true));
    surfer.on("play", () => setPlaying(true));
    surfer.on("pause", () => setPlaying(false));
    surfer.on("finish", () => setPlaying(false));
    surfer.on("error", () => setBroken(true));
    surfer.on("timeupdate", (time) => {
      setSeconds(time);
      tell.current(time * 1000);
    });
    return () => {
      wave.current = null;
      surfer.destroy();
    };
  }, [url]);

  useImperativeHandle(ref, () => ({
    seek(milliseconds) {
      wave.current?.setTime(milliseconds / 1000);
      void wave.current?.play().catch(() => undefined);
    },
  }));

  const total = wave.current?.getDuration() || lengthSeconds;
  const nextRate = () => {
    const next = RATES[(RATES.indexOf(rate) + 1) % RATES.length] ?? 1;
    setRate(next);
    wave.current?.setPlaybackRate(next, true);
  };
  const step = (change: number) => wave.current?.setTime(Math.min(total, Math.max(0, seconds + change)));

  if (isBroken) {
    return (
      <Alert color="orange" title="The recording could not be loaded">
        <Group justify="space-between">
          The link to it may have expired.
          <Button size="xs" variant="default" onClick={onExpired}>
            Load again
          </Button>
        </Group>
      </Alert>
    );
  }
  return (
    <Paper withBorder radius="lg" p="md" data-testid="audio-player">
      <Group wrap="nowrap" gap="md">
        <ActionIcon
          size={48}
          radius="xl"
          variant="filled"
          disabled={!isReady}
          onClick={() => void wave.current?.playPause()}
          aria-label={isPlaying ? "Pause" : "Play"}
          data-testid="play"
        >
          {isPlaying ? <IconPlayerPauseFilled size={20} /> : <IconPlayerPlayFilled size={20} />}
        </ActionIcon>
        <div
          style={{ flex: 1, minWidth: 0, position: "relative" }}
          role="slider"
          tabIndex={0}
          aria-label="Playback position"
          aria-valuemin={0}
          aria-valuemax={Math.round(total)}
          aria-valuenow={Math.round(seconds)}
          aria-valuetext={`${lengthText(seconds)} of ${lengthText(total)}`}
          onKeyDown={(event) => {
            if (event.key === "ArrowRight") step(KEY_STEP_SECONDS);
            else if (event.key === "ArrowLeft") step(-KEY_STEP_SECONDS);
            else if (event.key === "Home") step(-total);
            else return;
            event.preventDefault();
          }}
        >
          <div ref={container} style={{ minHeight: 64, visibility: isReady ? "visible" : "hidden" }} />
          {!isReady && <Skeleton height={40} pos="absolute" top={12} radius="md" />}
        </div>
      </Group>
      <Group justify="space-between" mt={6} pl={64}>
        <Text size="xs" c="dimmed" style={{ fontVariantNumeric: "tabular-nums" }}>
          {lengthText(seconds)} / {lengthText(total)}
        </Text>
        <Group gap="xs">
          <Button variant="subtle" color="gray" size="compact-xs" onClick={nextRate}>
            <VisuallyHidden>Speed </VisuallyHidden>
            {rate}×
          </Button>
          <Anchor href={url} download={fileName} size="xs" c="dimmed" aria-label="Download the recording">
            <IconDownload size={16} style={{ display: "block" }} />
          </Anchor>
        </Group>
      </Group>
    </Paper>
  );
}
