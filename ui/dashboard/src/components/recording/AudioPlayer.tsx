import { ActionIcon, Alert, Anchor, Button, Group, Kbd, Menu, Paper, Skeleton, Text, Tooltip, VisuallyHidden } from "@mantine/core";
import {
  IconCheck,
  IconDownload,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconRewindBackward5,
  IconRewindForward5,
} from "@tabler/icons-react";
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import WaveSurfer from "wavesurfer.js";
import { lengthText, spokenLength } from "@/format";
import { styleNonce } from "@/nonce";
import { keptRate, keepRate, RATES, SKIP_SECONDS } from "./playback";
import { usePlayerKeys } from "./usePlayerKeys";

export interface AudioPlayerHandle {
  seek: (milliseconds: number) => void;
}

interface AudioPlayerProps {
  url: string;
  fileName: string;
  lengthSeconds: number;
  onTime: (milliseconds: number) => void;
  /** The link is valid for minutes only; asks for a fresh one. */
  onExpired: () => void;
  /** Draws each channel of a recording in a row of its own. */
  isSplit?: boolean;
  ref?: Ref<AudioPlayerHandle>;
}

const HEIGHT = 64;

/** A waveform to play, skip and seek in; the arrow keys, Space, < and > work anywhere on the page. */
export function AudioPlayer({ url, fileName, lengthSeconds, onTime, onExpired, isSplit = false, ref }: AudioPlayerProps) {
  const container = useRef<HTMLDivElement>(null);
  const wave = useRef<WaveSurfer | null>(null);
  const tell = useRef(onTime);
  tell.current = onTime;
  const [isReady, setReady] = useState(false);
  const [isPlaying, setPlaying] = useState(false);
  const [isBroken, setBroken] = useState(false);
  const [seconds, setSeconds] = useState(0);
  const [rate, setRate] = useState(keptRate);

  useEffect(() => {
    if (!container.current) return undefined;
    const styles = getComputedStyle(container.current);
    const colour = (name: string) => styles.getPropertyValue(`--mantine-${name}`);
    const played = colour("primary-color-filled");
    const lane = { waveColor: colour("color-gray-5"), progressColor: played };
    const surfer = WaveSurfer.create({
      ...lane,
      container: container.current,
      url,
      height: HEIGHT,
      cursorColor: played,
      cursorWidth: 2,
      barWidth: 3,
      barGap: 2,
      barRadius: 3,
      normalize: true,
      dragToSeek: true,
      cspNonce: styleNonce(),
      ...(isSplit && {
        splitChannels: [
          { ...lane, height: HEIGHT / 2 },
          { waveColor: colour("color-gray-4"), progressColor: colour("color-teal-6"), height: HEIGHT / 2 },
        ],
      }),
    });
    wave.current = surfer;
    surfer.on("ready", () => {
      surfer.setPlaybackRate(keptRate(), true);
      setReady(true);
    });
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
  }, [url, isSplit]);

  useImperativeHandle(ref, () => ({
    seek(milliseconds) {
      wave.current?.setTime(milliseconds / 1000);
      void wave.current?.play().catch(() => undefined);
    },
  }));

  const total = wave.current?.getDuration() || lengthSeconds;
  const changeRate = (next: number) => {
    setRate(next);
    keepRate(next);
    wave.current?.setPlaybackRate(next, true);
  };
  const skip = (change: number) => {
    const now = wave.current?.getCurrentTime() ?? 0;
    wave.current?.setTime(Math.min(total, Math.max(0, now + change)));
  };
  const toggle = () => void wave.current?.playPause().catch(() => undefined);
  const step = (change: 1 | -1) => changeRate(RATES[Math.min(RATES.length - 1, Math.max(0, RATES.indexOf(rate) + change))] ?? 1);
  usePlayerKeys({ toggle, skip, step }, isReady);

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
    <Paper withBorder radius="lg" p="md" component="section" aria-label="Recording" data-testid="audio-player">
      <Group wrap="nowrap" gap="md">
        <ActionIcon
          size={48}
          radius="xl"
          variant="filled"
          disabled={!isReady}
          onClick={toggle}
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
          aria-valuetext={`${spokenLength(seconds)} of ${spokenLength(total)}`}
          onKeyDown={(event) => {
            if (event.key === "ArrowRight" || event.key === "ArrowUp") skip(SKIP_SECONDS);
            else if (event.key === "ArrowLeft" || event.key === "ArrowDown") skip(-SKIP_SECONDS);
            else if (event.key === "Home") skip(-total);
            else if (event.key === "End") skip(total);
            else return;
            event.preventDefault();
            event.stopPropagation();
          }}
        >
          <div ref={container} style={{ minHeight: HEIGHT, visibility: isReady ? "visible" : "hidden" }} />
          {!isReady && <Skeleton height={40} pos="absolute" top={12} radius="md" />}
        </div>
      </Group>
      <Group justify="space-between" mt={6} pl={{ base: 0, xs: 64 }} gap="xs">
        <Text size="xs" c="dimmed" style={{ fontVariantNumeric: "tabular-nums" }} data-testid="position">
          {lengthText(seconds)} / {lengthText(total)}
        </Text>
        <Group gap={4}>
          <Skip label="Back 5 seconds" keys="←" isReady={isReady} onClick={() => skip(-SKIP_SECONDS)}>
            <IconRewindBackward5 size={18} />
          </Skip>
          <Skip label="Forward 5 seconds" keys="→" isReady={isReady} onClick={() => skip(SKIP_SECONDS)}>
            <IconRewindForward5 size={18} />
          </Skip>
          <Menu position="bottom-end" width={120}>
            <Menu.Target>
              <Button variant="subtle" color="gray" size="compact-sm" fw={550} data-testid="speed">
                <VisuallyHidden>Speed </VisuallyHidden>
                {rate}×
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {RATES.map((one) => (
                <Menu.Item
                  key={one}
                  onClick={() => changeRate(one)}
                  rightSection={one === rate && <IconCheck size={14} aria-label="chosen" />}
                >
                  {one}×
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
          <Tooltip label="Download" withArrow>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label="Download the recording"
              renderRoot={(props) => <Anchor href={url} download={fileName} {...props} />}
            >
              <IconDownload size={17} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </Group>
    </Paper>
  );
}

interface SkipProps {
  label: string;
  keys: string;
  isReady: boolean;
  onClick: () => void;
  children: React.ReactNode;
}

function Skip({ label, keys, isReady, onClick, children }: SkipProps) {
  return (
    <Tooltip
      withArrow
      label={
        <>
          {label} <Kbd size="xs">{keys}</Kbd>
        </>
      }
    >
      <ActionIcon variant="subtle" color="gray" disabled={!isReady} onClick={onClick} aria-label={label}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
