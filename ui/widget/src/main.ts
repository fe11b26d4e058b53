import { AntiphonRecorder } from "./element";

const TAG = "antiphon-recorder";

function ownScript(): HTMLScriptElement | null {
  const current = document.currentScript;
  if (current instanceof HTMLScriptElement) return current;
  return document.querySelector<HTMLScriptElement>('script[data-channel][src*="/widget.js"]');
}

const script = ownScript();
if (script?.src) AntiphonRecorder.defaultOrigin = new URL(script.src).origin;
if (!customElements.get(TAG)) customElements.define(TAG, AntiphonRecorder);

function mount(source: HTMLScriptElement): void {
  const element = document.createElement(TAG);
  for (const name of ["channel", "mode", "theme"]) {
    const value = source.dataset[name];
    if (value) element.dataset[name] = value;
  }
  if (source.dataset.mode === "inline") source.after(element);
  else document.body.append(element);
}

if (script?.dataset.channel) {
  const found = script;
  if (document.body) mount(found);
  else document.addEventListener("DOMContentLoaded", () => mount(found), { once: true });
}
