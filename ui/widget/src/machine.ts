/** The recorder's states and the pure function between them; effects live in controller.ts. */
import type { Channel } from "./api";
import type { MicrophoneProblem } from "./media";
import type { Draft, Sender } from "./storage";

export type Unavailable = "closed" | "missing" | "origin" | "offline" | "server";
export type SendProblem =
  | "network"
  | "server"
  | "busy"
  | "too_long"
  | "too_large"
  | "not_audio"
  | "empty"
  | "refused";
export type EntryProblem = "invalid" | "too_many" | "request";
export type CodeProblem = "incomplete" | "wrong" | "void" | "too_many" | "request";

export type Step =
  | { name: "loading" }
  | { name: "unavailable"; reason: Unavailable }
  | { name: "email"; busy: boolean; problem: EntryProblem | null; isRepeat: boolean }
  | {
      name: "code";
      email: string;
      busy: boolean;
      problem: CodeProblem | null;
      triesLeft: number | null;
      resendAt: number;
      wasResent: boolean;
    }
  | { name: "ready"; problem: MicrophoneProblem | null }
  | { name: "upload"; problem: SendProblem | null }
  | { name: "requesting" }
  | { name: "recording"; startedAt: number }
  | { name: "review"; atLimit: boolean; restored: boolean }
  | { name: "sending"; fraction: number }
  | { name: "failed"; problem: SendProblem }
  | { name: "done" };

export interface Model {
  step: Step;
  channel: Channel | null;
  sender: Sender | null;
  draft: Draft | null;
}

export type Event =
  | { type: "load" }
  | { type: "loaded"; channel: Channel; sender: Sender | null; draft: Draft | null; obstacle: MicrophoneProblem | null }
  | { type: "unavailable"; reason: Unavailable }
  | { type: "busy" }
  | { type: "emailProblem"; problem: EntryProblem }
  | { type: "codeSent"; email: string; resendAt: number }
  | { type: "codeProblem"; problem: CodeProblem; triesLeft?: number }
  | { type: "verified"; sender: Sender; obstacle: MicrophoneProblem | null }
  | { type: "changeEmail" }
  | { type: "requestMicrophone" }
  | { type: "microphoneProblem"; problem: MicrophoneProblem }
  | { type: "chooseFile" }
  | { type: "fileProblem"; problem: SendProblem }
  | { type: "back"; obstacle: MicrophoneProblem | null }
  | { type: "recording"; startedAt: number }
  | { type: "drafted"; draft: Draft; atLimit: boolean }
  | { type: "send" }
  | { type: "progress"; fraction: number }
  | { type: "sendProblem"; problem: SendProblem }
  | { type: "tokenRefused" }
  | { type: "sent" };

export const initialModel: Model = { step: { name: "loading" }, channel: null, sender: null, draft: null };

const emailStep = (isRepeat: boolean): Step => ({ name: "email", busy: false, problem: null, isRepeat });

/** Where a known sender goes: to an unsent recording, to recording, or to a file when recording cannot work. */
function homeStep(draft: Draft | null, obstacle: MicrophoneProblem | null): Step {
  if (draft) return { name: "review", atLimit: false, restored: true };
  return { name: "ready", problem: obstacle };
}

export function transition(model: Model, event: Event): Model {
  const { step } = model;
  const to = (next: Step, rest: Partial<Model> = {}): Model => ({ ...model, ...rest, step: next });
  switch (event.type) {
    case "load":
      return to({ name: "loading" });
    case "loaded": {
      const { channel, sender, draft } = event;
      if (!channel.is_active) return to({ name: "unavailable", reason: "closed" }, { channel });
      return to(sender ? homeStep(draft, event.obstacle) : emailStep(false), { channel, sender, draft });
    }
    case "unavailable":
      return to({ name: "unavailable", reason: event.reason });
    case "busy":
      if (step.name === "email" || step.name === "code") return to({ ...step, busy: true, problem: null });
      return model;
    case "emailProblem":
      return step.name === "email" ? to({ ...step, busy: false, problem: event.problem }) : model;
    case "codeSent":
      return to({
        name: "code",
        email: event.email,
        busy: false,
        problem: null,
        triesLeft: null,
        resendAt: event.resendAt,
        wasResent: step.name === "code",
      });
    case "codeProblem":
      if (step.name !== "code") return model;
      return to({ ...step, busy: false, problem: event.problem, triesLeft: event.triesLeft ?? null, wasResent: false });
    case "verified":
      return to(homeStep(model.draft, event.obstacle), { sender: event.sender });
    case "changeEmail":
      return to(emailStep(false), { sender: null });
    case "requestMicrophone":
      return to({ name: "requesting" });
    case "microphoneProblem":
      return to({ name: "ready", problem: event.problem });
    case "chooseFile":
      return to({ name: "upload", problem: null });
    case "fileProblem":
      return to({ name: "upload", problem: event.problem });
    case "back":
      return to({ name: "ready", problem: event.obstacle }, { draft: null });
    case "recording":
      return to({ name: "recording", startedAt: event.startedAt });
    case "drafted":
      return to({ name: "review", atLimit: event.atLimit, restored: false }, { draft: event.draft });
    case "send":
      return model.draft && model.sender ? to({ name: "sending", fraction: 0 }) : model;
    case "progress":
      return step.name === "sending" ? to({ name: "sending", fraction: event.fraction }) : model;
    case "sendProblem":
      return to({ name: "failed", problem: event.problem });
    case "tokenRefused":
      return to(emailStep(true), { sender: null });
    case "sent":
      return to({ name: "done" }, { draft: null });
  }
}

/** True while leaving the page would lose or interrupt something. */
export function holdsUnsent(model: Model): boolean {
  return model.draft !== null || model.step.name === "recording" || model.step.name === "sending";
}
