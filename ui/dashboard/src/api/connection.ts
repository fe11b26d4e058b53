/** What the page knows of its way to the server; the banner and the sign-in dialog follow it. */

export type ConnectionState = "fine" | "offline" | "unreachable" | "ended";

const PROBE_FIRST_MS = 1_000;
const PROBE_LONGEST_MS = 10_000;
// A proxy in front of a server that is being restarted answers these by itself.
const NO_SERVER = new Set([502, 503, 504]);

export class Connection {
  state: ConnectionState = "fine";
  private readonly listeners = new Set<() => void>();
  private readonly returns = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly probe: () => Promise<boolean>) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Called each time the server is there again, or the session is. */
  onReturn(listener: () => void): void {
    this.returns.add(listener);
  }

  snapshot = (): ConnectionState => this.state;

  answered(status: number): void {
    if (NO_SERVER.has(status)) this.lost();
    else if (this.state === "offline" || this.state === "unreachable") this.back();
  }

  lost(): void {
    if (this.state === "ended") return;
    this.change(navigator.onLine === false ? "offline" : "unreachable");
    this.probeAfter(PROBE_FIRST_MS);
  }

  ended(): void {
    this.change("ended");
  }

  /** The server answered, or somebody signed in again. */
  back(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (this.state === "fine") return;
    this.change("fine");
    for (const listener of this.returns) listener();
  }

  private change(state: ConnectionState): void {
    if (state === this.state) return;
    this.state = state;
    for (const listener of this.listeners) listener();
  }

  private probeAfter(wait: number): void {
    if (this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.probe().then(
        (isThere) => (isThere ? this.back() : this.probeAfter(Math.min(wait * 2, PROBE_LONGEST_MS))),
        () => this.probeAfter(Math.min(wait * 2, PROBE_LONGEST_MS)),
      );
    }, wait);
  }
}

export const connection = new Connection(async () => {
  const answer = await fetch("/healthz", { cache: "no-store" });
  return answer.ok;
});

if (typeof window !== "undefined") {
  window.addEventListener("offline", () => connection.lost());
}
