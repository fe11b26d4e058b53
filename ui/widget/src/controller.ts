import { ApiError, type ChannelAddress, type RecordingApi } from "./api";
import { type Event, initialModel, type Model, type SendProblem, transition, type Unavailable } from "./machine";
import { type Capture, extensionOf, MicrophoneError, type Microphone } from "./media";
import type { Draft, DraftStore, Sender, SenderStore } from "./storage";

export const MAX_UPLOAD_BYTES = 25 * 1024 * 1024;
export const WARNING_SECONDS = 30;
const RESEND_MILLISECONDS = 30_000;
const PEAK_MILLISECONDS = 100;
const MAX_PEAKS = 4000;

export interface Dependencies {
  api: RecordingApi;
  microphone: Microphone;
  /** Both are made when the channel is known. */
  senders: (channelId: string) => SenderStore;
  drafts: (channelId: string) => DraftStore;
  /** Length of a sound file in milliseconds, or null when the browser cannot tell. */
  measure: (audio: Blob) => Promise<number | null>;
  clientId: () => string;
  now: () => number;
  pageUrl: () => string;
}

/** Six digits out of whatever was typed or pasted ("Code: 123 456"). */
export function codeDigits(text: string): string {
  return text.replace(/\D/g, "").slice(0, 6);
}

export function isEmail(text: string): boolean {
  return text.length <= 254 && /^[^\s@<>()",;:]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text);
}

/** Answers that end the visit, whatever was asked. */
function unavailableOf(error: unknown): Unavailable | null {
  if (!(error instanceof ApiError)) return null;
  if (error.code === "closed" || error.kind === "not_found") return "closed";
  return error.kind === "forbidden" ? "origin" : null;
}

export function sendProblemOf(error: unknown): SendProblem {
  if (!(error instanceof ApiError)) return "network";
  if (error.kind === "network") return "network";
  if (error.kind === "busy") return "busy";
  if (error.kind === "invalid") {
    const known: SendProblem[] = ["too_long", "too_large", "not_audio", "empty"];
    return known.find((problem) => problem === error.code) ?? "refused";
  }
  return error.kind === "not_found" ? "refused" : "server";
}

/** Runs the effects around the state machine and tells listeners of every new model. */
export class RecorderController {
  model: Model = initialModel;
  private readonly listeners = new Set<(model: Model) => void>();
  private store: DraftStore | null = null;
  private senders: SenderStore | null = null;
  private capture: Capture | null = null;
  private peaks: number[] = [];
  private timer = 0;
  private attempt = 0;
  private sending: AbortController | null = null;

  constructor(
    private readonly address: ChannelAddress,
    private readonly deps: Dependencies,
  ) {}

  subscribe(listener: (model: Model) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async load(): Promise<void> {
    this.dispatch({ type: "load" });
    try {
      const channel = await this.deps.api.fetchChannel(this.address);
      this.store = this.deps.drafts(channel.channel_id);
      this.senders = this.deps.senders(channel.channel_id);
      const draft = channel.is_active ? await this.store.load() : null;
      this.dispatch({ type: "loaded", channel, sender: this.senders.load(), draft, obstacle: this.obstacle() });
    } catch (error) {
      const kind = error instanceof ApiError ? error.kind : "server";
      const reasons = { not_found: "missing", forbidden: "origin", network: "offline" } as const;
      this.dispatch({ type: "unavailable", reason: reasons[kind as keyof typeof reasons] ?? "server" });
    }
  }

  async submitEmail(text: string): Promise<void> {
    const email = text.trim();
    if (!isEmail(email)) {
      this.dispatch({ type: "emailProblem", problem: "invalid" });
      return;
    }
    await this.sendCode(email);
  }

  async resendCode(): Promise<void> {
    const { step } = this.model;
    if (step.name === "code" && (step.problem === "void" || this.deps.now() >= step.resendAt)) {
      await this.sendCode(step.email);
    }
  }

  async submitCode(text: string): Promise<void> {
    const { step, channel } = this.model;
    if (step.name !== "code" || !channel || step.busy) return;
    const code = codeDigits(text);
    if (code.length !== 6) {
      this.dispatch({ type: "codeProblem", problem: "incomplete" });
      return;
    }
    this.dispatch({ type: "busy" });
    try {
      const { sender_token: token } = await this.deps.api.verifyCode(channel.channel_id, step.email, code);
      const sender: Sender = { email: step.email, token };
      this.senders?.save(sender);
      this.dispatch({ type: "verified", sender, obstacle: this.obstacle() });
    } catch (error) {
      this.dispatch(this.codeFailure(error));
    }
  }

  changeEmail(): void {
    this.senders?.clear();
    this.dispatch({ type: "changeEmail" });
  }

  async record(): Promise<void> {
    await this.discardDraft();
    const attempt = ++this.attempt;
    this.dispatch({ type: "requestMicrophone" });
    let capture: Capture;
    try {
      capture = await this.deps.microphone.start(() => void this.stop());
    } catch (error) {
      if (attempt !== this.attempt) return;
      const problem = error instanceof MicrophoneError ? error.problem : "failed";
      this.dispatch({ type: "microphoneProblem", problem });
      return;
    }
    if (attempt !== this.attempt) {
      capture.cancel();
      return;
    }
    this.capture = capture;
    this.peaks = [];
    this.dispatch({ type: "recording", startedAt: this.deps.now() });
    this.timer = window.setInterval(() => this.tick(), PEAK_MILLISECONDS);
  }

  level(): number {
    return this.capture?.level() ?? 0;
  }

  /** True when the microphone is measured and nothing came up to this level, 0..1, so far. */
  isSilent(level: number): boolean {
    return Boolean(this.capture?.hasMeter) && this.peaks.every((peak) => peak < level);
  }

  elapsedMs(): number {
    const { step } = this.model;
    return step.name === "recording" ? this.deps.now() - step.startedAt : 0;
  }

  limitMs(): number {
    return (this.model.channel?.max_seconds ?? 300) * 1000;
  }

  async stop(atLimit = false): Promise<void> {
    const { capture } = this;
    if (!capture || this.model.step.name !== "recording") return;
    const durationMs = Math.min(this.elapsedMs(), this.limitMs());
    this.capture = null;
    clearInterval(this.timer);
    const audio = await capture.stop();
    if (audio.size === 0) {
      this.dispatch({ type: "microphoneProblem", problem: "empty" });
      return;
    }
    await this.keep({
      clientId: this.deps.clientId(),
      audio,
      fileName: `recording.${extensionOf(audio.type)}`,
      source: "microphone",
      durationMs,
      peaks: this.peaks,
    }, atLimit);
  }

  /** Gives up a permission question, a running recording, a draft or the file form. */
  async discard(): Promise<void> {
    this.attempt += 1;
    clearInterval(this.timer);
    this.capture?.cancel();
    this.capture = null;
    await this.discardDraft();
    this.dispatch({ type: "back", obstacle: this.obstacle() });
  }

  async chooseFile(): Promise<void> {
    await this.discardDraft();
    this.dispatch({ type: "chooseFile" });
  }

  async useFile(file: File): Promise<void> {
    const problem = await this.fileProblem(file);
    if (typeof problem === "string") {
      this.dispatch({ type: "fileProblem", problem });
      return;
    }
    await this.keep({
      clientId: this.deps.clientId(),
      audio: file,
      fileName: file.name,
      source: "file",
      durationMs: problem.durationMs,
      peaks: [],
    }, false);
  }

  async send(): Promise<void> {
    const { channel, sender, draft, step } = this.model;
    if (!channel || !sender || !draft || step.name === "sending") return;
    this.dispatch({ type: "send" });
    this.sending = new AbortController();
    try {
      await this.deps.api.upload(
        {
          channelId: channel.channel_id,
          senderToken: sender.token,
          pageUrl: this.deps.pageUrl(),
          clientId: draft.clientId,
          audio: draft.audio,
          fileName: draft.fileName,
        },
        (fraction) => this.dispatch({ type: "progress", fraction }),
        this.sending.signal,
      );
      await this.store?.clear();
      this.dispatch({ type: "sent" });
    } catch (error) {
      this.uploadFailed(error);
    }
  }

  /** The browser is online again: what waited for the network goes out. */
  resume(): void {
    const { step } = this.model;
    if (step.name === "failed" && step.problem === "network") void this.send();
    if (step.name === "unavailable" && step.reason === "offline") void this.load();
  }

  /** The element left the page: releases the microphone and the upload. */
  dispose(): void {
    this.attempt += 1;
    clearInterval(this.timer);
    this.capture?.cancel();
    this.capture = null;
    this.sending?.abort();
    this.listeners.clear();
  }

  private dispatch(event: Event): void {
    this.model = transition(this.model, event);
    for (const listener of this.listeners) listener(this.model);
  }

  private obstacle() {
    return this.deps.microphone.obstacle();
  }

  private tick(): void {
    if (this.peaks.length < MAX_PEAKS) this.peaks.push(this.level());
    if (this.elapsedMs() >= this.limitMs()) void this.stop(true);
  }

  private async sendCode(email: string): Promise<void> {
    const { channel, step } = this.model;
    if (!channel) return;
    this.dispatch({ type: "busy" });
    try {
      await this.deps.api.requestCode(channel.channel_id, email);
      this.dispatch({ type: "codeSent", email, resendAt: this.deps.now() + RESEND_MILLISECONDS });
    } catch (error) {
      const kind = error instanceof ApiError ? error.kind : "server";
      const reason = unavailableOf(error);
      if (reason) {
        this.dispatch({ type: "unavailable", reason });
      } else if (step.name === "code") {
        this.dispatch({ type: "codeProblem", problem: kind === "busy" ? "too_many" : "request" });
      } else {
        const problem = kind === "busy" ? "too_many" : kind === "invalid" ? "invalid" : "request";
        this.dispatch({ type: "emailProblem", problem });
      }
    }
  }

  private codeFailure(error: unknown): Event {
    const reason = unavailableOf(error);
    if (reason) return { type: "unavailable", reason };
    if (error instanceof ApiError) {
      if (error.code === "code_void") return { type: "codeProblem", problem: "void" };
      if (error.code === "code_wrong") {
        const left = error.detail.tries_left;
        if (left === 0) return { type: "codeProblem", problem: "void" };
        return { type: "codeProblem", problem: "wrong", ...(typeof left === "number" && { triesLeft: left }) };
      }
      if (error.kind === "busy") return { type: "codeProblem", problem: "too_many" };
    }
    return { type: "codeProblem", problem: "request" };
  }

  private async fileProblem(file: File): Promise<SendProblem | { durationMs: number | null }> {
    if (file.size === 0) return "empty";
    if (file.size > MAX_UPLOAD_BYTES) return "too_large";
    if (file.type && !/^(audio|video)\//.test(file.type) && file.type !== "application/ogg") return "not_audio";
    const durationMs = await this.deps.measure(file);
    return durationMs !== null && durationMs > this.limitMs() ? "too_long" : { durationMs };
  }

  private async keep(draft: Draft, atLimit: boolean): Promise<void> {
    this.dispatch({ type: "drafted", draft, atLimit });
    await this.store?.save(draft);
  }

  private async discardDraft(): Promise<void> {
    if (this.model.draft) await this.store?.clear();
    this.model = { ...this.model, draft: null };
  }

  private uploadFailed(error: unknown): void {
    if (error instanceof ApiError) {
      if (error.kind === "aborted") return;
      // A page that may not use the channel gets the same status; asking for a code then tells.
      if (error.kind === "forbidden") {
        this.senders?.clear();
        this.dispatch({ type: "tokenRefused" });
        return;
      }
      const reason = unavailableOf(error);
      if (reason) {
        this.dispatch({ type: "unavailable", reason });
        return;
      }
    }
    this.dispatch({ type: "sendProblem", problem: sendProblemOf(error) });
  }
}
