import { h, icon } from "./dom";
import type { Draft } from "./storage";
import { clockTime, type Translate } from "./strings";

export const BARS = 48;

/** Loudness over the whole recording, squeezed into a fixed number of bars. */
export function squeeze(peaks: readonly number[], bars = BARS): number[] {
  if (peaks.length === 0) return Array.from({ length: bars }, () => 0.12);
  return Array.from({ length: bars }, (_, index) => {
    const from = Math.floor((index * peaks.length) / bars);
    const to = Math.max(from + 1, Math.floor(((index + 1) * peaks.length) / bars));
    return Math.max(0.06, ...peaks.slice(from, to));
  });
}

export function barRow(heights: readonly number[]): HTMLElement {
  const row = h("div", { class: "bars", "aria-hidden": "true" });
  for (const height of heights) {
    const bar = h("i");
    bar.style.setProperty("--h", height.toFixed(3));
    row.append(bar);
  }
  return row;
}

const LENGTH_PATIENCE_MS = 3000;

/** Browser recordings state no length; seeking far beyond the end makes the browser find it. */
function settleLength(audio: HTMLAudioElement): Promise<number | null> {
  return new Promise((resolve) => {
    const give = (seconds: number | null) => {
      clearTimeout(patience);
      audio.ondurationchange = audio.onloadedmetadata = audio.onerror = null;
      resolve(seconds === null ? null : Math.round(seconds * 1000));
    };
    const patience = window.setTimeout(() => give(null), LENGTH_PATIENCE_MS);
    audio.onerror = () => give(null);
    audio.onloadedmetadata = audio.ondurationchange = () => {
      if (Number.isFinite(audio.duration)) {
        audio.currentTime = 0;
        give(audio.duration);
      } else {
        audio.currentTime = 1e7;
      }
    };
  });
}

/** Length of a sound file in milliseconds, or null when this browser cannot tell. */
export async function measureAudio(blob: Blob): Promise<number | null> {
  const address = URL.createObjectURL(blob);
  const audio = new Audio();
  audio.preload = "metadata";
  const length = settleLength(audio);
  audio.src = address;
  const milliseconds = await length;
  audio.removeAttribute("src");
  URL.revokeObjectURL(address);
  return milliseconds;
}

export class Player {
  readonly root: HTMLElement;
  private readonly audio = new Audio();
  private readonly address: string;
  private lengthMs: number;
  private frame = 0;

  constructor(
    draft: Draft,
    private readonly t: Translate,
  ) {
    this.lengthMs = draft.durationMs ?? 0;
    this.address = URL.createObjectURL(draft.audio);
    const bars = barRow(squeeze(draft.peaks));
    const slider = h("input", { type: "range", min: 0, max: 1000, value: 0, step: 1, "aria-label": t("position") });
    const time = h("span", { class: "time" });
    const button = h("button", { type: "button", class: "round small", "data-testid": "play" });
    const note = h("p", { class: "hint", hidden: true }, t("cannotPlay"));
    this.root = h(
      "div",
      { class: "player-box" },
      h("div", { class: "player" }, button, h("div", { class: "track" }, bars, slider), time),
      note,
    );

    const paint = () => {
      const at = this.audio.currentTime * 1000;
      const fraction = this.lengthMs ? Math.min(1, at / this.lengthMs) : 0;
      bars.style.setProperty("--played", `${fraction * 100}%`);
      for (const [index, bar] of [...bars.children].entries()) {
        bar.classList.toggle("on", (index + 0.5) / bars.children.length <= fraction);
      }
      slider.value = String(Math.round(fraction * 1000));
      slider.setAttribute("aria-valuetext", `${clockTime(at)} / ${clockTime(this.lengthMs)}`);
      time.textContent = this.audio.paused && at === 0 ? clockTime(this.lengthMs) : clockTime(at);
    };
    const label = () => {
      const name = this.audio.paused ? "play" : "pause";
      button.replaceChildren(icon(name));
      button.setAttribute("aria-label", this.t(name));
    };
    const follow = () => {
      paint();
      if (!this.audio.paused) this.frame = requestAnimationFrame(follow);
    };
    this.audio.preload = "auto";
    this.audio.addEventListener("play", () => {
      label();
      follow();
    });
    this.audio.addEventListener("pause", () => {
      label();
      paint();
    });
    this.audio.addEventListener("ended", () => {
      this.audio.currentTime = 0;
      paint();
    });
    void settleLength(this.audio).then((found) => {
      if (found === null && this.audio.error) {
        note.hidden = false;
        button.disabled = slider.disabled = true;
      }
      if (found !== null && draft.durationMs === null) this.lengthMs = found;
      paint();
    });
    this.audio.src = this.address;
    button.addEventListener("click", () => {
      if (this.audio.paused) this.audio.play().catch(() => label());
      else this.audio.pause();
    });
    slider.addEventListener("input", () => {
      this.audio.currentTime = ((Number(slider.value) / 1000) * this.lengthMs) / 1000;
      paint();
    });
    label();
    paint();
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    this.audio.pause();
    this.audio.removeAttribute("src");
    URL.revokeObjectURL(this.address);
  }
}
