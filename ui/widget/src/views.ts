/** One view per state: built when the state begins, updated while it lasts. */
import { codeDigits, type RecorderController, WARNING_SECONDS } from "./controller";
import { h, icon } from "./dom";
import type { Model, SendProblem, Step, Unavailable } from "./machine";
import type { MicrophoneProblem } from "./media";
import { BARS, barRow, Player } from "./player";
import { clockTime, spokenLimit, type StringKey, type Translate } from "./strings";

export interface View {
  root: HTMLElement;
  /** Receives focus when the view follows something the visitor did. */
  focus: HTMLElement;
  update(model: Model): void;
  dispose?(): void;
}

export interface Scene {
  /** Who receives the message: the page's own word for it, else the channel's name. */
  companyName(model: Model): string;
  controller: RecorderController;
  t: Translate;
  announce(text: string): void;
}

const SILENCE_MS = 4000;
const SILENCE_LEVEL = 0.08;

const microphoneTexts: Record<MicrophoneProblem, StringKey> = {
  insecure: "insecure",
  unsupported: "unsupported",
  no_microphone: "noMicrophone",
  refused: "permissionRefused",
  busy: "microphoneBusy",
  failed: "recorderFailed",
  empty: "emptyRecording",
};

const sendTexts: Record<SendProblem, StringKey> = {
  network: "failedNetwork",
  server: "failedServer",
  busy: "failedBusy",
  too_long: "failedTooLong",
  too_large: "failedTooLarge",
  not_audio: "failedNotAudio",
  empty: "failedEmpty",
  refused: "failedRefused",
};

const unavailableTexts: Record<Unavailable, [StringKey, StringKey]> = {
  closed: ["closedTitle", "closedIntro"],
  missing: ["missingTitle", "missingIntro"],
  origin: ["closedTitle", "originIntro"],
  offline: ["offlineTitle", "offlineIntro"],
  server: ["serverTitle", "serverIntro"],
};

type Named<N extends Step["name"]> = Extract<Step, { name: N }>;
const stepOf = <N extends Step["name"]>(model: Model) => model.step as Named<N>;
const still = () => undefined;

const heading = (text: string) => h("h2", { tabindex: -1 }, text);

function button(text: string, testId: string, act: () => void, kind = "primary"): HTMLButtonElement {
  return h("button", { type: "button", class: kind, "data-testid": testId, click: act }, text);
}

function alertLine(): { root: HTMLElement; show(text: string | null): void } {
  const text = h("span");
  const root = h("p", { class: "problem", role: "alert", hidden: true });
  return {
    root,
    show(message) {
      root.hidden = message === null;
      if (message === null) root.replaceChildren();
      else {
        text.textContent = message;
        root.replaceChildren(icon("alert"), text);
      }
    },
  };
}

function loadingView({ t }: Scene): View {
  const root = h("div", { class: "view centre" }, h("span", { class: "spinner" }), h("p", { class: "hint" }, t("loading")));
  return { root, focus: root, update: still };
}

function unavailableView({ controller, t, companyName }: Scene, model: Model): View {
  const { reason } = stepOf<"unavailable">(model);
  const [title, intro] = unavailableTexts[reason];
  const head = heading(t(title));
  const canRetry = reason === "offline" || reason === "server";
  const root = h(
    "div",
    { class: "view centre", "data-reason": reason },
    head,
    h("p", {}, t(intro, { name: companyName(model) })),
    canRetry && button(t("retry"), "retry", () => void controller.load()),
  );
  return { root, focus: head, update: still };
}

function emailView({ controller, t, companyName }: Scene, model: Model): View {
  const problem = alertLine();
  const input = h("input", {
    id: "email",
    name: "email",
    type: "email",
    inputmode: "email",
    autocomplete: "email",
    autocapitalize: "off",
    spellcheck: "false",
    placeholder: t("emailPlaceholder"),
    required: true,
    maxlength: 254,
    "aria-describedby": "consent",
    "data-testid": "email",
  });
  const submit = h("button", { type: "submit", class: "primary", "data-testid": "send-code" }, t("emailSubmit"));
  const { isRepeat } = stepOf<"email">(model);
  const root = h(
    "form",
    {
      class: "view",
      novalidate: true,
      submit: (event: SubmitEvent) => {
        event.preventDefault();
        void controller.submitEmail(input.value);
      },
    },
    heading(t("emailTitle")),
    h("p", { class: "intro" }, t(isRepeat ? "verifyAgain" : "emailIntro")),
    h("label", { for: "email" }, t("emailLabel")),
    input,
    problem.root,
    submit,
    h("p", { class: "hint", id: "consent" }, t("emailConsent", { name: companyName(model) })),
  );
  return {
    root,
    focus: input,
    update(next) {
      const step = stepOf<"email">(next);
      submit.disabled = step.busy;
      submit.textContent = t(step.busy ? "emailSending" : "emailSubmit");
      input.setAttribute("aria-invalid", String(step.problem === "invalid"));
      const texts = { invalid: "emailInvalid", too_many: "tooManyCodes", request: "requestFailed" } as const;
      problem.show(step.problem && t(texts[step.problem]));
      if (step.problem === "invalid") input.focus();
    },
  };
}

function codeView({ controller, t, announce }: Scene, model: Model): View {
  const { email } = stepOf<"code">(model);
  const problem = alertLine();
  const input = h("input", {
    id: "code",
    class: "code",
    name: "code",
    type: "text",
    inputmode: "numeric",
    autocomplete: "one-time-code",
    pattern: "[0-9]*",
    maxlength: 64,
    "aria-describedby": "code-intro",
    "data-testid": "code",
  });
  const submit = h("button", { type: "submit", class: "primary", "data-testid": "confirm-code" }, t("codeSubmit"));
  const resend = button("", "resend", () => void controller.resendCode(), "quiet");
  let current = stepOf<"code">(model);

  const paintResend = () => {
    const wait = Math.ceil((current.resendAt - Date.now()) / 1000);
    const isOpen = current.problem === "void" || wait <= 0;
    resend.disabled = current.busy || !isOpen;
    resend.textContent = isOpen ? t("codeResend") : t("codeResendIn", { seconds: wait });
  };
  const ticking = window.setInterval(paintResend, 500);
  input.addEventListener("input", () => {
    const digits = codeDigits(input.value);
    if (input.value !== digits) input.value = digits;
    if (digits.length === 6) void controller.submitCode(digits);
  });
  const root = h(
    "form",
    {
      class: "view",
      novalidate: true,
      submit: (event: SubmitEvent) => {
        event.preventDefault();
        void controller.submitCode(input.value);
      },
    },
    heading(t("codeTitle")),
    h("p", { class: "intro", id: "code-intro" }, t("codeIntro", { email })),
    h("label", { for: "code" }, t("codeLabel")),
    input,
    problem.root,
    submit,
    h("div", { class: "row" }, resend, button(t("changeEmail"), "change-email", () => controller.changeEmail(), "quiet")),
  );
  return {
    root,
    focus: input,
    dispose: () => clearInterval(ticking),
    update(next) {
      const before = current;
      const step = stepOf<"code">(next);
      current = step;
      submit.disabled = input.readOnly = step.busy;
      submit.textContent = t(step.busy ? "codeChecking" : "codeSubmit");
      input.setAttribute("aria-invalid", String(step.problem === "wrong" || step.problem === "incomplete"));
      const left = step.triesLeft;
      const texts: Record<string, () => string> = {
        incomplete: () => t("codeIncomplete"),
        wrong: () =>
          left === null
            ? t("codeWrongNoCount")
            : t("codeWrong", { tries: left === 1 ? t("tryOne") : t("tryMany", { count: left }) }),
        void: () => t("codeVoid"),
        too_many: () => t("tooManyCodes"),
        request: () => t("requestFailed"),
      };
      problem.show(step.problem && (texts[step.problem]?.() ?? null));
      if (step.problem === "wrong" || step.problem === "void") input.value = "";
      if (step.problem === "wrong" || step.problem === "incomplete") input.focus();
      if (step.wasResent && step.resendAt !== before.resendAt) {
        input.value = "";
        input.focus();
        announce(t("codeResent"));
      }
      paintResend();
    },
  };
}

function senderLine({ controller, t }: Scene, model: Model): HTMLElement | false {
  if (!model.sender) return false;
  return h(
    "p",
    { class: "sender" },
    h("span", {}, t("sendingAs", { email: model.sender.email })),
    " ",
    button(t("notYou"), "not-you", () => controller.changeEmail(), "link"),
  );
}

function readyView(scene: Scene, model: Model): View {
  const { controller, t } = scene;
  const problem = alertLine();
  const limit = spokenLimit(t, model.channel?.max_seconds ?? 300);
  const record = h(
    "button",
    { type: "button", class: "round record", "data-testid": "record", "aria-label": t("record"), click: () => void controller.record() },
    icon("microphone"),
  );
  const caption = h("span", { class: "caption", "aria-hidden": "true" }, t("record"));
  const upload = button(t("uploadInstead"), "upload-instead", () => void controller.chooseFile(), "quiet");
  const head = heading(t("readyTitle"));
  const root = h(
    "div",
    { class: "view centre" },
    head,
    h("p", { class: "intro" }, t("readyIntro", { limit })),
    problem.root,
    record,
    caption,
    upload,
    senderLine(scene, model),
  );
  const view: View = {
    root,
    focus: record,
    update(next) {
      const { problem: reason } = stepOf<"ready">(next);
      const isImpossible = reason === "insecure" || reason === "unsupported";
      record.hidden = caption.hidden = isImpossible;
      upload.className = isImpossible ? "primary" : "quiet";
      view.focus = isImpossible ? upload : record;
      problem.show(reason && t(microphoneTexts[reason]));
    },
  };
  return view;
}

function uploadView(scene: Scene, model: Model): View {
  const { controller, t } = scene;
  const limit = spokenLimit(t, model.channel?.max_seconds ?? 300);
  const problem = alertLine();
  const input = h("input", {
    id: "file",
    type: "file",
    accept: "audio/*,.webm,.ogg,.m4a,.mp3,.wav,.flac",
    class: "sr",
    "data-testid": "file",
    change: () => {
      const file = input.files?.[0];
      input.value = "";
      if (file) void controller.useFile(file);
    },
  });
  const drop = h("label", { for: "file", class: "drop" }, icon("file"), h("span", {}, t("chooseFile")));
  drop.addEventListener("dragover", (event) => event.preventDefault());
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) void controller.useFile(file);
  });
  const root = h(
    "div",
    { class: "view" },
    heading(t("uploadTitle")),
    h("p", { class: "intro" }, t("uploadHint", { limit })),
    input,
    drop,
    problem.root,
    h("div", { class: "row" }, button(t("cancel"), "cancel", () => void controller.discard(), "quiet")),
    senderLine(scene, model),
  );
  return {
    root,
    focus: input,
    update(next) {
      const { problem: reason } = stepOf<"upload">(next);
      problem.show(reason && t(sendTexts[reason], { limit }));
    },
  };
}

function requestingView({ controller, t }: Scene): View {
  const head = heading(t("requestingTitle"));
  const root = h(
    "div",
    { class: "view centre" },
    head,
    h("p", { class: "intro" }, t("requestingIntro")),
    h("span", { class: "round record waiting" }, icon("microphone")),
    button(t("cancel"), "cancel", () => void controller.discard(), "quiet"),
  );
  return { root, focus: head, update: still };
}

function recordingView({ controller, t, announce }: Scene): View {
  const limitMs = controller.limitMs();
  const time = h("span", { class: "clock", role: "timer", "data-testid": "clock" }, "0:00");
  const remaining = h("span", { class: "of" }, t("recordingLimit", { limit: clockTime(limitMs) }));
  const bars = barRow(Array.from({ length: BARS }, () => 0.04));
  bars.classList.add("live");
  const silent = h("p", { class: "hint silent", role: "status" });
  const stop = h(
    "button",
    { type: "button", class: "round stop", "data-testid": "stop", "aria-label": t("stop"), click: () => void controller.stop() },
    icon("stop"),
  );
  const root = h(
    "div",
    { class: "view centre recording" },
    h("h2", { class: "live-label" }, h("span", { class: "dot" }), t("recordingTitle")),
    h("p", { class: "clock-row" }, time, remaining),
    bars,
    silent,
    stop,
    h("span", { class: "caption", "aria-hidden": "true" }, t("stop")),
    button(t("discard"), "discard", () => void controller.discard(), "quiet"),
  );
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const history: number[] = Array.from({ length: BARS }, () => 0.04);
  const warnings = [WARNING_SECONDS, 10];
  let last = 0;
  let frame = 0;
  const paint = (stamp: number) => {
    frame = requestAnimationFrame(paint);
    if (stamp - last < (calm ? 500 : 60)) return;
    last = stamp;
    history.push(Math.max(0.04, controller.level()));
    history.shift();
    const cells = bars.children;
    for (let index = 0; index < cells.length; index += 1) {
      (cells[index] as HTMLElement).style.setProperty("--h", (history[index] ?? 0).toFixed(3));
    }
    const elapsed = controller.elapsedMs();
    const left = Math.ceil((limitMs - elapsed) / 1000);
    time.textContent = clockTime(elapsed);
    const isEnding = left <= WARNING_SECONDS;
    root.classList.toggle("ending", isEnding);
    if (isEnding) remaining.textContent = t("recordingRemaining", { time: clockTime(left * 1000) });
    if (warnings.length && left <= (warnings[0] ?? 0)) {
      announce(t("sayRemaining", { seconds: left }));
      while (warnings.length && left <= (warnings[0] ?? 0)) warnings.shift();
    }
    const hint = elapsed > SILENCE_MS && controller.isSilent(SILENCE_LEVEL) ? t("silent") : "";
    if (silent.textContent !== hint) silent.textContent = hint;
  };
  frame = requestAnimationFrame(paint);
  announce(t("sayRecording"));
  return { root, focus: stop, update: still, dispose: () => cancelAnimationFrame(frame) };
}

function reviewView(scene: Scene, model: Model): View {
  const { controller, t, announce } = scene;
  const step = stepOf<"review">(model);
  const draft = model.draft;
  if (!draft) return loadingView(scene);
  const player = new Player(draft, t);
  const head = heading(t("reviewTitle"));
  const isFile = draft.source === "file";
  const note = step.atLimit ? t("reviewLimit") : step.restored ? t("reviewRestored") : isFile ? draft.fileName : "";
  const root = h(
    "div",
    { class: "view" },
    head,
    note && h("p", { class: "intro file-name" }, note),
    player.root,
    button(t("send"), "send", () => void controller.send()),
    h(
      "div",
      { class: "row" },
      isFile
        ? button(t("removeFile"), "again", () => void controller.chooseFile(), "quiet")
        : button(t("again"), "again", () => void controller.record(), "quiet"),
      button(t("discard"), "discard", () => void controller.discard(), "quiet"),
    ),
    senderLine(scene, model),
  );
  if (!isFile && !step.restored) announce(t("sayStopped", { time: clockTime(draft.durationMs ?? 0) }));
  return { root, focus: head, update: still, dispose: () => player.dispose() };
}

function sendingView({ t }: Scene): View {
  const bar = h("progress", { max: 100, value: 0, "aria-label": t("sendingTitle") });
  const text = h("p", { class: "hint" });
  const head = heading(t("sendingTitle"));
  const root = h("div", { class: "view centre" }, head, bar, text);
  return {
    root,
    focus: head,
    update(next) {
      const percent = Math.round(stepOf<"sending">(next).fraction * 100);
      bar.value = percent;
      text.textContent = percent >= 100 ? t("sendingStoring") : t("sendingProgress", { percent });
    },
  };
}

function failedView(scene: Scene, model: Model): View {
  const { controller, t } = scene;
  const { problem } = stepOf<"failed">(model);
  const canResend = problem === "network" || problem === "server" || problem === "busy";
  const limit = spokenLimit(t, model.channel?.max_seconds ?? 300);
  const line = alertLine();
  line.show(t(sendTexts[problem], { limit }));
  const head = heading(t("failedTitle"));
  const isFile = model.draft?.source === "file";
  const again = isFile
    ? button(t("chooseFile"), "again", () => void controller.chooseFile(), canResend ? "quiet" : "primary")
    : button(t("again"), "again", () => void controller.record(), canResend ? "quiet" : "primary");
  const resend = canResend && button(t("sendAgain"), "send-again", () => void controller.send());
  const player = canResend && model.draft ? new Player(model.draft, t) : null;
  const root = h(
    "div",
    { class: "view", "data-problem": problem },
    head,
    line.root,
    player && player.root,
    resend,
    canResend
      ? h("div", { class: "row" }, again, button(t("discard"), "discard", () => void controller.discard(), "quiet"))
      : again,
    !canResend && h("div", { class: "row" }, button(t("discard"), "discard", () => void controller.discard(), "quiet")),
  );
  return { root, focus: resend || head, update: still, dispose: () => player?.dispose() };
}

function doneView({ controller, t, companyName }: Scene, model: Model): View {
  const head = heading(t("doneTitle"));
  const root = h(
    "div",
    { class: "view centre", "data-testid": "done" },
    h("span", { class: "round done" }, icon("check")),
    head,
    h("p", { class: "intro" }, t("doneIntro", { name: companyName(model), email: model.sender?.email ?? "" })),
    button(t("another"), "another", () => void controller.discard(), "quiet"),
  );
  return { root, focus: head, update: still };
}

const builders: Record<Step["name"], (scene: Scene, model: Model) => View> = {
  loading: loadingView,
  unavailable: unavailableView,
  email: emailView,
  code: codeView,
  ready: readyView,
  upload: uploadView,
  requesting: requestingView,
  recording: recordingView,
  review: reviewView,
  sending: sendingView,
  failed: failedView,
  done: doneView,
};

export function buildView(scene: Scene, model: Model): View {
  const view = builders[model.step.name](scene, model);
  view.update(model);
  return view;
}
