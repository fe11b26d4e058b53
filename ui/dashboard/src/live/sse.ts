/** The text of an event stream, cut into its events (contracts/votel.md 1.4). */

export interface ServerEvent {
  id: string | null;
  type: string;
  data: string;
}

/** Feed it text in pieces of any size; `push` returns what has become complete. */
export class EventParser {
  private rest = "";
  private id: string | null = null;
  private type = "";
  private data: string[] = [];

  push(text: string): ServerEvent[] {
    const done: ServerEvent[] = [];
    // A carriage return at the very end may be half of a line end.
    const whole = this.rest + text;
    const held = whole.endsWith("\r") ? "\r" : "";
    const lines = whole.slice(0, whole.length - held.length).split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? "") + held;
    for (const line of lines) {
      const event = this.take(line);
      if (event) done.push(event);
    }
    return done;
  }

  private take(line: string): ServerEvent | null {
    if (line === "") {
      const event = { id: this.id, type: this.type || "message", data: this.data.join("\n") };
      const isEmpty = this.data.length === 0 && this.type === "";
      this.id = null;
      this.type = "";
      this.data = [];
      return isEmpty ? null : event;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") this.id = value;
    else if (field === "event") this.type = value;
    else if (field === "data") this.data.push(value);
    return null;
  }
}
