import { beforeEach, describe, expect, it } from "vitest";
import { errorFrom } from "../src/api";
import { extensionOf, problemOf, recordingObstacle, recordingType } from "../src/media";
import { squeeze } from "../src/player";
import { schemeFor } from "../src/scheme";
import { LocalSenderStore, newClientId } from "../src/storage";
import { clockTime, spokenLimit, translator } from "../src/strings";

describe("recording format", () => {
  it.each([
    [["audio/webm;codecs=opus", "audio/mp4"], "audio/webm;codecs=opus"],
    [["audio/ogg;codecs=opus"], "audio/ogg;codecs=opus"],
    [["audio/mp4"], "audio/mp4"],
    [[], ""],
  ])("of %j is %j", (supported, expected) => {
    expect(recordingType((type) => (supported as string[]).includes(type))).toBe(expected);
  });

  it.each([
    ["audio/webm;codecs=opus", "webm"],
    ["audio/ogg;codecs=opus", "ogg"],
    ["audio/mp4", "m4a"],
  ])("names a file of %s", (type, extension) => {
    expect(extensionOf(type)).toBe(extension);
  });
});

describe("obstacles", () => {
  const scope = (isSecureContext: boolean, mediaDevices: unknown, MediaRecorder: unknown) =>
    ({ isSecureContext, navigator: { mediaDevices }, MediaRecorder }) as never;
  const devices = { getUserMedia: () => undefined };

  it.each([
    [scope(false, undefined, class {}), "insecure"],
    [scope(true, undefined, class {}), "unsupported"],
    [scope(true, devices, undefined), "unsupported"],
    [scope(true, devices, class {}), null],
  ])("case %#", (where, expected) => {
    expect(recordingObstacle(where)).toBe(expected);
  });

  it.each([
    ["NotAllowedError", "refused"],
    ["NotFoundError", "no_microphone"],
    ["NotReadableError", "busy"],
    ["TypeError", "failed"],
  ])("%s is %s", (name, expected) => {
    expect(problemOf({ name })).toBe(expected);
  });
});

describe("error envelope (contracts/votel.md 0.4)", () => {
  it("reads code and details", () => {
    const body = JSON.stringify({ detail: "Invalid request", errors: [{ code: "code_wrong", tries_left: 3 }] });
    expect(errorFrom(400, body, null)).toMatchObject({ kind: "invalid", code: "code_wrong", detail: { tries_left: 3 } });
  });

  it.each([
    [0, "", "network", ""],
    [403, "", "forbidden", ""],
    [404, "{}", "not_found", ""],
    [413, "<html>", "invalid", "too_large"],
    [429, "{}", "busy", ""],
    [502, "<html>Bad gateway</html>", "server", ""],
  ])("%i", (status, body, kind, code) => {
    expect(errorFrom(status, body, "7")).toMatchObject({ kind, code, retryAfterSeconds: 7 });
  });
});

describe("remembered sender", () => {
  beforeEach(() => localStorage.clear());

  it("lasts 30 days and belongs to one channel of one server", () => {
    let now = 0;
    const store = new LocalSenderStore("https://a.example.org", "c1", () => now);
    store.save({ email: "visitor@example.org", token: "t" });
    now = 30 * 86_400_000;
    expect(store.load()).toEqual({ email: "visitor@example.org", token: "t" });
    expect(new LocalSenderStore("https://a.example.org", "c2", () => now).load()).toBeNull();
    expect(new LocalSenderStore("https://b.example.org", "c1", () => now).load()).toBeNull();
    now += 1;
    expect(store.load()).toBeNull();
  });

  it("survives broken contents", () => {
    localStorage.setItem("antiphon:sender:https://a.example.org:c1", "{");
    expect(new LocalSenderStore("https://a.example.org", "c1").load()).toBeNull();
  });
});

describe("client ids", () => {
  it("are version 4 uuids also without randomUUID", () => {
    const source = { getRandomValues: (bytes: Uint8Array) => bytes.fill(255) } as never;
    expect(newClientId(source)).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
    expect(newClientId()).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("texts", () => {
  const t = translator("de-AT");

  it("fall back to English and fill values", () => {
    expect(t("codeIntro", { email: "visitor@example.org" })).toContain("visitor@example.org");
    expect(t("silent")).not.toContain("{");
  });

  it.each([
    [60, "1 minute"],
    [300, "5 minutes"],
    [90, "90 seconds"],
  ])("spell %i s", (seconds, expected) => {
    expect(spokenLimit(t, seconds)).toBe(expected);
  });

  it.each([
    [0, "0:00"],
    [75_900, "1:15"],
    [-5, "0:00"],
  ])("show %i ms", (milliseconds, expected) => {
    expect(clockTime(milliseconds)).toBe(expected);
  });
});

describe("light or dark", () => {
  it.each([
    [undefined, "normal", true, "light"],
    [undefined, "light dark", true, "dark"],
    [undefined, "light dark", false, "light"],
    [undefined, "dark", false, "dark"],
    ["auto", "normal", true, "dark"],
    ["auto", "dark", false, "light"],
    ["light", "dark", true, "light"],
    ["dark", "normal", false, "dark"],
  ] as const)("%s on a page of %s, visitor prefers dark %s: %s", (theme, page, prefersDark, expected) => {
    expect(schemeFor(theme, page, prefersDark)).toBe(expected);
  });
});

describe("waveform", () => {
  it("keeps the loudest moment of each part", () => {
    expect(squeeze([0, 0.9, 0.1, 0.2], 2)).toEqual([0.9, 0.2]);
    expect(squeeze([0.5], 3)).toEqual([0.5, 0.5, 0.5]);
    expect(squeeze([], 2)).toHaveLength(2);
  });
});
