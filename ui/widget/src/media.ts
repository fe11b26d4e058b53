/** Microphone, level meter and MediaRecorder behind one small capture object. */

const RECORDING_TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];

export type MicrophoneProblem = "insecure" | "unsupported" | "no_microphone" | "refused" | "busy" | "failed" | "empty";

export class MicrophoneError extends Error {
  constructor(readonly problem: MicrophoneProblem) {
    super(problem);
  }
}

/** The first format that this browser records; "" lets the browser choose its own. */
export function recordingType(isSupported: (type: string) => boolean): string {
  return RECORDING_TYPES.find(isSupported) ?? "";
}

export function extensionOf(type: string): string {
  if (type.includes("ogg")) return "ogg";
  if (type.includes("mp4")) return "m4a";
  return "webm";
}

/** Why recording is impossible before anything was tried, or null. */
export function recordingObstacle(scope: Window & typeof globalThis = window): MicrophoneProblem | null {
  if (!scope.isSecureContext) return "insecure";
  if (!scope.navigator.mediaDevices?.getUserMedia || typeof scope.MediaRecorder === "undefined") return "unsupported";
  return null;
}

export function problemOf(error: unknown): MicrophoneProblem {
  switch ((error as DOMException | undefined)?.name) {
    case "NotAllowedError":
    case "SecurityError":
      return "refused";
    case "NotFoundError":
    case "OverconstrainedError":
      return "no_microphone";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "failed";
  }
}

export interface Capture {
  /** False when this browser cannot measure this microphone; the recording itself is not affected. */
  readonly hasMeter: boolean;
  /** Loudness now, 0..1. */
  level(): number;
  stop(): Promise<Blob>;
  cancel(): void;
}

export interface Microphone {
  obstacle(): MicrophoneProblem | null;
  /** Asks for permission and records; `onLost` is called when the device or the recorder gives up. */
  start(onLost: () => void): Promise<Capture>;
}

class LevelMeter {
  private readonly context: AudioContext;
  private readonly analyser: AnalyserNode;
  private readonly samples: Uint8Array<ArrayBuffer>;

  constructor(stream: MediaStream) {
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.samples = new Uint8Array(this.analyser.fftSize);
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    void this.context.resume();
  }

  level(): number {
    this.analyser.getByteTimeDomainData(this.samples);
    let sum = 0;
    for (const sample of this.samples) sum += ((sample - 128) / 128) ** 2;
    const decibels = 20 * Math.log10(Math.sqrt(sum / this.samples.length) + 1e-6);
    return Math.min(1, Math.max(0, (decibels + 50) / 44));
  }

  close(): void {
    void this.context.close();
  }
}

/** Some browsers refuse to measure microphones of another sample rate. */
function openMeter(stream: MediaStream): LevelMeter | null {
  try {
    return new LevelMeter(stream);
  } catch {
    return null;
  }
}

export class BrowserMicrophone implements Microphone {
  obstacle(): MicrophoneProblem | null {
    return recordingObstacle();
  }

  async start(onLost: () => void): Promise<Capture> {
    const obstacle = this.obstacle();
    if (obstacle) throw new MicrophoneError(obstacle);
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      });
    } catch (error) {
      throw new MicrophoneError(problemOf(error));
    }
    const release = () => {
      for (const track of stream.getTracks()) track.stop();
    };
    try {
      return this.record(stream, release, onLost);
    } catch {
      release();
      throw new MicrophoneError("failed");
    }
  }

  private record(stream: MediaStream, release: () => void, onLost: () => void): Capture {
    const type = recordingType((candidate) => MediaRecorder.isTypeSupported(candidate));
    const recorder = new MediaRecorder(stream, { ...(type && { mimeType: type }), audioBitsPerSecond: 48_000 });
    const meter = openMeter(stream);
    const chunks: Blob[] = [];
    let isLive = true;
    const end = () => {
      if (!isLive) return;
      isLive = false;
      meter?.close();
      release();
    };
    recorder.ondataavailable = (event) => {
      if (event.data.size) chunks.push(event.data);
    };
    const lost = () => {
      if (isLive) onLost();
    };
    recorder.onerror = lost;
    for (const track of stream.getAudioTracks()) track.onended = lost;
    recorder.start(1000);
    return {
      hasMeter: meter !== null,
      level: () => (isLive && meter ? meter.level() : 0),
      stop: () =>
        new Promise((resolve) => {
          const finish = () => {
            end();
            resolve(new Blob(chunks, { type: recorder.mimeType || type || "audio/webm" }));
          };
          if (recorder.state === "inactive") {
            finish();
            return;
          }
          recorder.onstop = finish;
          recorder.stop();
        }),
      cancel: () => {
        recorder.ondataavailable = null;
        if (recorder.state !== "inactive") recorder.stop();
        end();
      },
    };
  }
}
