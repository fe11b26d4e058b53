/** Conversations as lines of text: `caller: …`, `agent: …` (contracts/votel.md 11.5). */
import type { Turn } from "@/api/simulator";

export type Line = Pick<Turn, "speaker" | "text">;

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();

export const toScript = (lines: readonly Line[]): string =>
  lines
    .filter(({ text }) => text.trim())
    .map(({ speaker, text }) => `${speaker}: ${oneLine(text)}`)
    .join("\n");

const SPOKEN = /^(\w+)\s*:\s*(\S.*)$/;
const AGENTS = new Set(["agent", "user", "ai"]);
const CALLERS = new Set(["caller", "customer"]);

/** Lines without a speaker belong to the one before, at the beginning to the caller. */
export function fromScript(script: string): Line[] {
  const lines: Line[] = [];
  for (const raw of script.split("\n")) {
    const text = raw.trim();
    if (!text || text.startsWith("#")) continue;
    const [, word = "", said = ""] = SPOKEN.exec(text) ?? [];
    const name = word.toLowerCase();
    if (AGENTS.has(name)) lines.push({ speaker: "agent", text: said });
    else if (CALLERS.has(name)) lines.push({ speaker: "caller", text: said });
    else lines.push({ speaker: lines.at(-1)?.speaker ?? "caller", text });
  }
  return lines;
}

export interface Story {
  name: string;
  lines: readonly Line[];
}

const caller = (text: string): Line => ({ speaker: "caller", text });
const agent = (text: string): Line => ({ speaker: "agent", text });

export const CALLS: readonly [Story, ...Story[]] = [
  {
    name: "A broken heating",
    lines: [
      agent("Good morning, how can I help you?"),
      caller("My heating is broken and it is very cold here. This is urgent."),
      agent("I am sorry to hear that. I will send somebody today."),
      caller("Thank you. Please call me back before noon."),
    ],
  },
  {
    name: "Where is my order",
    lines: [
      agent("Hello, you have reached the shop."),
      caller("I ordered a table two weeks ago and it has not arrived."),
      agent("Let me look. It leaves our store tomorrow."),
      caller("Great, thank you very much."),
    ],
  },
  {
    name: "A new customer",
    lines: [
      agent("Hello, how can I help you?"),
      caller("I would like to know the price of a full service for ten people."),
      agent("I will send you our price list today."),
      caller("Wonderful, I look forward to it."),
    ],
  },
];

export const MESSAGES = [
  "Hello, do you have a table for four tonight?",
  "Where is my order? It should have been here on Monday.",
  "Thank you, that was quick!",
  "STOP",
] as const;

export const VOICEGRAMS = [
  "Hello, my heating is broken. Please call me back tomorrow.",
  "Your team was very friendly and I will come again. Thank you.",
  "I want to cancel my order. The delivery is much too late.",
] as const;
