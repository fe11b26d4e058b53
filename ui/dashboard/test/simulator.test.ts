import { describe, expect, it } from "vitest";
import { arrivals, stillPending } from "@/features/simulator/feed";
import { behaviourOf, madeUpPhone, withBehaviour } from "@/features/simulator/outside";
import { CALLS, fromScript, toScript } from "@/features/simulator/script";

describe("numbers of the outside world (contracts/votel.md 11.5)", () => {
  it("are read by their last two digits", () => {
    expect(behaviourOf("+13125550101").label).toBe("Busy");
    expect(behaviourOf("+13125550103 ").label).toBe("Voicemail");
    expect(behaviourOf("+13125550199").label).toBe("Answers");
  });

  it("are made up so that they answer", () => {
    for (const random of [0, 0.5, 0.999]) {
      expect(behaviourOf(madeUpPhone(random)).label).toBe("Answers");
      expect(madeUpPhone(random)).toMatch(/^\+131255501\d\d$/);
    }
  });

  it("get another end and keep the rest", () => {
    expect(withBehaviour("+4930123456", "02")).toBe("+4930123402");
    expect(behaviourOf(withBehaviour("+4930123402", "", 0)).label).toBe("Answers");
    expect(withBehaviour("", "01")).toBe("+13125550101");
  });
});

describe("scripts", () => {
  it("go back and forth", () => {
    for (const { lines } of CALLS) expect(fromScript(toScript(lines))).toEqual(lines);
  });

  it("read what people type", () => {
    expect(fromScript("Hello\n# a note\n\nAgent:  Yes?\nwith more\nCUSTOMER: x: y")).toEqual([
      { speaker: "caller", text: "Hello" },
      { speaker: "agent", text: "Yes?" },
      { speaker: "agent", text: "with more" },
      { speaker: "caller", text: "x: y" },
    ]);
  });

  it("keep a text with breaks on one line", () => {
    expect(toScript([{ speaker: "agent", text: " a\nb " }, { speaker: "caller", text: " " }])).toBe("agent: a b");
  });
});

describe("the feed", () => {
  it("is in the order of time, newest first", () => {
    const call = { id: "c", created_at: "2026-01-01T00:00:02.000Z" } as Parameters<typeof arrivals>[0][number];
    const message = { id: "m", created_at: "2026-01-01T00:00:03.000Z" } as Parameters<typeof arrivals>[1][number];
    const voicegram = { id: "v", created_at: "2026-01-01T00:00:01.000Z" } as Parameters<typeof arrivals>[2][number];
    expect(arrivals([call], [message], [voicegram]).map(({ id }) => id)).toEqual(["m", "c", "v"]);
  });

  it("waits for what has not arrived", () => {
    const asked = [
      { id: "sid", kind: "call" as const, who: "+1", at: 0 },
      { id: "vg", kind: "voicegram" as const, who: "a@example.org", at: 0 },
    ];
    expect(stillPending(asked, [{ call_sid: "sid" }], [])).toEqual([asked[1]]);
    expect(stillPending(asked, [], [{ id: "vg" }])).toEqual([asked[0]]);
  });
});
