import { type ChannelAddress, HttpRecordingApi } from "./api";
import { RecorderController } from "./controller";
import { h, icon } from "./dom";
import { holdsUnsent, type Model } from "./machine";
import { BrowserMicrophone } from "./media";
import { measureAudio } from "./player";
import { IndexedDbDraftStore, LocalSenderStore, newClientId } from "./storage";
import { schemeFor } from "./scheme";
import { languageOf, translator } from "./strings";
import css from "./styles.css?inline";
import { buildView, type Scene, type View } from "./views";

const PAGE_URL_LENGTH = 2048;

/** A constructed sheet passes any page's policy; older browsers get a style element to insert. */
function adoptStyles(shadow: ShadowRoot): HTMLStyleElement[] {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    shadow.adoptedStyleSheets = [sheet];
    return [];
  } catch {
    return [h("style", {}, css)];
  }
}

function pageUrl(): string {
  return location.href.split("#", 1)[0]?.slice(0, PAGE_URL_LENGTH) ?? "";
}

/**
 * `<antiphon-recorder>`: data-channel, or data-workspace and data-slug, name the channel. data-mode is
 * `floating` (a button that opens a panel, the default) or `inline`; data-origin is the server, else the
 * script's own; data-heading="none" leaves the channel's name and greeting to the page; data-company
 * names who receives the message; data-theme is
 * `light`, `dark` or `auto` (see scheme.ts).
 */
export class AntiphonRecorder extends HTMLElement {
  static defaultOrigin = location.origin;

  private controller: RecorderController | null = null;
  private view: View | null = null;
  private shownStep = "";
  private isOpen = false;
  private panel!: HTMLElement;
  private body!: HTMLElement;
  private header!: HTMLElement;
  private launcher: HTMLButtonElement | null = null;
  private status!: HTMLElement;
  private scene!: Scene;

  private readonly warnUnsent = (event: BeforeUnloadEvent) => {
    if (this.controller && holdsUnsent(this.controller.model)) event.preventDefault();
  };
  private readonly dark = window.matchMedia("(prefers-color-scheme: dark)");
  private readonly paintScheme = () => {
    const page = getComputedStyle(this.parentElement ?? document.documentElement).colorScheme;
    this.dataset.scheme = schemeFor(this.dataset.theme, page, this.dark.matches);
  };
  private readonly online = () => this.controller?.resume();

  connectedCallback(): void {
    const address = this.address();
    if (!address || this.controller) return;
    const origin = this.dataset.origin ?? AntiphonRecorder.defaultOrigin;
    const t = translator(languageOf(this));
    const controller = new RecorderController(address, {
      api: new HttpRecordingApi(origin),
      microphone: new BrowserMicrophone(),
      senders: (channelId) => new LocalSenderStore(origin, channelId),
      drafts: (channelId) => new IndexedDbDraftStore(channelId),
      measure: measureAudio,
      clientId: () => newClientId(),
      now: () => Date.now(),
      pageUrl,
    });
    this.controller = controller;
    this.scene = {
      controller,
      t,
      companyName: ({ channel }) => this.dataset.company || channel?.name || t("theCompany"),
      announce: (text) => this.announce(text),
    };
    this.build();
    this.paintScheme();
    this.dark.addEventListener("change", this.paintScheme);
    controller.subscribe((model) => this.render(model));
    window.addEventListener("beforeunload", this.warnUnsent);
    window.addEventListener("online", this.online);
    void controller.load();
  }

  disconnectedCallback(): void {
    window.removeEventListener("beforeunload", this.warnUnsent);
    window.removeEventListener("online", this.online);
    this.dark.removeEventListener("change", this.paintScheme);
    this.controller?.dispose();
    this.view?.dispose?.();
    this.controller = this.view = null;
    this.shownStep = "";
  }

  private get isInline(): boolean {
    return this.dataset.mode === "inline";
  }

  private address(): ChannelAddress | null {
    const { channel, workspace, slug } = this.dataset;
    if (channel) return { channelId: channel };
    return workspace && slug ? { workspace, slug } : null;
  }

  private build(): void {
    const { t } = this.scene;
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const fallback = adoptStyles(shadow);
    this.status = h("div", { class: "sr", role: "status", "aria-live": "polite" });
    this.header = h("header", { hidden: true });
    this.body = h("div", { class: "body" });
    this.panel = h("section", { class: "panel", "aria-label": t("dialogLabel") }, this.header, this.body, this.status);
    if (this.isInline) {
      shadow.replaceChildren(...fallback, this.panel);
      return;
    }
    this.panel.setAttribute("role", "dialog");
    this.panel.hidden = true;
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    this.launcher = h(
      "button",
      {
        type: "button",
        class: "launcher",
        hidden: true,
        "aria-expanded": "false",
        "data-testid": "launcher",
        click: () => (this.isOpen ? this.close() : this.open()),
      },
      icon("microphone"),
      h("span", {}, t("launcher")),
    );
    shadow.replaceChildren(...fallback, this.panel, this.launcher);
  }

  open(): void {
    this.isOpen = true;
    this.panel.hidden = false;
    this.launcher?.setAttribute("aria-expanded", "true");
    this.launcher?.classList.add("open");
    this.view?.focus.focus();
  }

  /** Closing never loses sound: a running recording stops and is kept. */
  close(): void {
    this.isOpen = false;
    void this.controller?.stop();
    this.panel.hidden = true;
    this.launcher?.setAttribute("aria-expanded", "false");
    this.launcher?.classList.remove("open");
    this.launcher?.focus();
  }

  private render(model: Model): void {
    const { step } = model;
    this.renderHeader(model);
    if (this.launcher && !this.isOpen) {
      // A customer's page shows no button that leads nowhere.
      const isUsable = step.name !== "loading" && step.name !== "unavailable";
      this.launcher.hidden = !isUsable;
      if (step.name === "unavailable") console.warn(`antiphon: the recorder is not shown (${step.reason})`);
    }
    if (step.name === this.shownStep && this.view) {
      this.view.update(model);
      return;
    }
    const isAnswer = this.shownStep !== "" && this.shownStep !== "loading";
    this.view?.dispose?.();
    this.view = buildView(this.scene, model);
    this.shownStep = step.name;
    this.dataset.state = step.name;
    this.body.replaceChildren(this.view.root);
    if (isAnswer && (this.isInline || this.isOpen)) this.view.focus.focus({ preventScroll: this.isInline });
    this.dispatchEvent(new CustomEvent("antiphon:state", { detail: { state: step.name }, bubbles: true }));
  }

  private renderHeader({ channel }: Model): void {
    const isBare = this.dataset.heading === "none";
    const parts: Node[] = [];
    if (channel && !isBare) {
      parts.push(h("strong", {}, channel.name));
      if (channel.greeting && channel.is_active) parts.push(h("p", {}, channel.greeting));
    }
    if (this.launcher) {
      parts.push(
        h(
          "button",
          {
            type: "button",
            class: "close",
            "aria-label": this.scene.t("close"),
            "data-testid": "close",
            click: () => this.close(),
          },
          icon("close"),
        ),
      );
    }
    if (this.header.childElementCount !== parts.length) this.header.replaceChildren(...parts);
    this.header.hidden = parts.length === 0;
  }

  private announce(text: string): void {
    this.status.textContent = text;
  }
}
