import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../src/api";
import { codeDigits, isEmail, sendProblemOf } from "../src/controller";
import { holdsUnsent, type Step } from "../src/machine";
import { MicrophoneError } from "../src/media";
import { channel, world } from "./fakes";

const sender = { email: "visitor@example.org", token: "token-0" };
const invalid = (code: string, detail = {}) => new ApiError("invalid", code, { code, ...detail });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("sender verification (contracts/voicegram.md 9)", () => {
  it("asks for the address, then the code, and remembers the token", async () => {
    const { controller, api, stored } = world();
    await controller.load();
    expect(controller.model.step.name).toBe("email");
    await controller.submitEmail("  visitor@example.org ");
    expect(controller.model.step).toMatchObject({ name: "code", email: "visitor@example.org", wasResent: false });
    await controller.submitCode("123 456");
    expect(api.calls).toContainEqual(["verifyCode", channel.channel_id, "visitor@example.org", "123456"]);
    expect(controller.model.step.name).toBe("ready");
    expect(stored.sender).toEqual({ email: "visitor@example.org", token: "token-1" });
  });

  it("starts at recording for a remembered sender, and forgets on request", async () => {
    const { controller, stored } = world({ sender });
    await controller.load();
    expect(controller.model.step.name).toBe("ready");
    controller.changeEmail();
    expect(controller.model.step.name).toBe("email");
    expect(stored.sender).toBeNull();
  });

  it("does not ask the server about an address that is none", async () => {
    const { controller, api } = world();
    await controller.load();
    await controller.submitEmail("visitor@");
    expect(controller.model.step).toMatchObject({ name: "email", problem: "invalid", busy: false });
    expect(api.calls.map(([name]) => name)).toEqual(["fetchChannel"]);
  });

  it("shows the tries left, offers a new code when void, and counts down to a resend", async () => {
    const { controller, api, clock } = world();
    await controller.load();
    await controller.submitEmail("visitor@example.org");
    api.failures.verifyCode = [invalid("code_wrong", { tries_left: 4 }), invalid("code_void")];
    await controller.submitCode("000000");
    expect(controller.model.step).toMatchObject({ problem: "wrong", triesLeft: 4, busy: false });
    await controller.resendCode();
    expect(api.calls.filter(([name]) => name === "requestCode")).toHaveLength(1);
    await controller.submitCode("000001");
    expect(controller.model.step).toMatchObject({ problem: "void" });
    await controller.resendCode();
    expect(controller.model.step).toMatchObject({ problem: null, wasResent: true });
    expect(api.calls.filter(([name]) => name === "requestCode")).toHaveLength(2);
    clock.now += 30_000;
    await controller.resendCode();
    expect(api.calls.filter(([name]) => name === "requestCode")).toHaveLength(3);
  });

  it.each([
    [new ApiError("busy"), "too_many"],
    [new ApiError("network"), "request"],
    [invalid("invalid"), "invalid"],
  ])("explains a refused code request: %s", async (error, problem) => {
    const { controller, api } = world();
    await controller.load();
    api.failures.requestCode = [error];
    await controller.submitEmail("visitor@example.org");
    expect(controller.model.step).toMatchObject({ name: "email", problem, busy: false });
  });
});

describe("the channel", () => {
  it.each([
    [new ApiError("not_found"), "missing"],
    [new ApiError("forbidden"), "origin"],
    [new ApiError("network"), "offline"],
    [new ApiError("server"), "server"],
    [new ApiError("busy"), "server"],
  ])("%s", async (error, reason) => {
    const { controller, api } = world();
    api.failures.fetchChannel = [error];
    await controller.load();
    expect(controller.model.step).toEqual({ name: "unavailable", reason });
  });

  it("says that it is closed", async () => {
    const { controller, api } = world({ sender });
    api.channel = { ...channel, is_active: false };
    await controller.load();
    expect(controller.model.step).toEqual({ name: "unavailable", reason: "closed" });
  });

  it("loads by itself when the connection is back", async () => {
    const { controller, api } = world({ sender });
    api.failures.fetchChannel = [new ApiError("network")];
    await controller.load();
    controller.resume();
    await vi.waitFor(() => expect(controller.model.step.name).toBe("ready"));
  });
});

describe("recording", () => {
  it("records, keeps the draft in the browser, sends it once and forgets it", async () => {
    const { controller, api, clock, stored } = world({ sender });
    await controller.load();
    await controller.record();
    expect(controller.model.step.name).toBe("recording");
    expect(holdsUnsent(controller.model)).toBe(true);
    clock.now += 12_300;
    await vi.advanceTimersByTimeAsync(1000);
    await controller.stop();
    expect(controller.model.step).toEqual({ name: "review", atLimit: false, restored: false });
    expect(stored.draft).toMatchObject({ clientId: "client-1", durationMs: 12_300, fileName: "recording.webm" });
    expect(stored.draft?.peaks).toHaveLength(10);
    const steps: Step[] = [];
    controller.subscribe(({ step }) => steps.push(step));
    await controller.send();
    expect(steps).toEqual([
      { name: "sending", fraction: 0 },
      { name: "sending", fraction: 0.5 },
      { name: "sending", fraction: 1 },
      { name: "done" },
    ]);
    expect(api.uploads[0]).toMatchObject({
      channelId: channel.channel_id,
      senderToken: "token-0",
      pageUrl: "https://example.org/contact",
      clientId: "client-1",
    });
    expect(stored.draft).toBeNull();
    expect(holdsUnsent(controller.model)).toBe(false);
  });

  it("stops by itself at the limit of the channel", async () => {
    const { controller, clock, stored } = world({ sender });
    await controller.load();
    await controller.record();
    clock.now += 299_900;
    await vi.advanceTimersByTimeAsync(100);
    expect(controller.model.step.name).toBe("recording");
    clock.now += 150;
    await vi.advanceTimersByTimeAsync(100);
    expect(controller.model.step).toMatchObject({ name: "review", atLimit: true });
    expect(stored.draft?.durationMs).toBe(300_000);
  });

  it.each(["no_microphone", "refused", "busy", "insecure", "unsupported"] as const)("explains: %s", async (problem) => {
    const microphone = {
      obstacle: () => null,
      start: () => Promise.reject(new MicrophoneError(problem)),
    };
    const { controller } = world({ sender, overrides: { microphone } });
    await controller.load();
    await controller.record();
    expect(controller.model.step).toEqual({ name: "ready", problem });
  });

  it("releases the microphone when permission arrives after the visitor gave up", async () => {
    let allow: (capture: never) => void = () => undefined;
    const cancel = vi.fn();
    const microphone = { obstacle: () => null, start: () => new Promise<never>((resolve) => (allow = resolve)) };
    const { controller } = world({ sender, overrides: { microphone } });
    await controller.load();
    const asking = controller.record();
    await vi.waitFor(() => expect(controller.model.step.name).toBe("requesting"));
    await controller.discard();
    allow({ cancel } as never);
    await asking;
    expect(cancel).toHaveBeenCalledOnce();
    expect(controller.model.step.name).toBe("ready");
  });

  it("notices a silent microphone until it hears something", async () => {
    const { controller, captures } = world({ sender });
    captures.level = 0.01;
    await controller.load();
    await controller.record();
    await vi.advanceTimersByTimeAsync(1000);
    expect(controller.isSilent(0.08)).toBe(true);
    captures.level = 0.3;
    await vi.advanceTimersByTimeAsync(100);
    captures.level = 0.01;
    await vi.advanceTimersByTimeAsync(100);
    expect(controller.isSilent(0.08)).toBe(false);
  });

  it("does not offer an empty recording", async () => {
    const { controller, captures } = world({ sender });
    captures.sound = new Blob([]);
    await controller.load();
    await controller.record();
    await controller.stop();
    expect(controller.model.step).toEqual({ name: "ready", problem: "empty" });
  });
});

describe("sending again", () => {
  async function recorded() {
    const made = world({ sender });
    await made.controller.load();
    await made.controller.record();
    await made.controller.stop();
    return made;
  }

  it("repeats a lost upload under the same client_id, by itself when online again", async () => {
    const { controller, api, stored } = await recorded();
    api.failures.upload = [new ApiError("network"), new ApiError("server")];
    await controller.send();
    expect(controller.model.step).toEqual({ name: "failed", problem: "network" });
    expect(stored.draft).not.toBeNull();
    controller.resume();
    await vi.waitFor(() => expect(controller.model.step).toEqual({ name: "failed", problem: "server" }));
    controller.resume();
    expect(api.uploads).toHaveLength(2);
    await controller.send();
    expect(controller.model.step.name).toBe("done");
    expect(new Set(api.uploads.map(({ clientId }) => clientId))).toEqual(new Set(["client-1"]));
  });

  it("keeps the recording through a new verification when the token is refused", async () => {
    const { controller, api, stored } = await recorded();
    api.failures.upload = [new ApiError("forbidden", "token")];
    await controller.send();
    expect(controller.model.step).toMatchObject({ name: "email", isRepeat: true });
    expect(stored.sender).toBeNull();
    await controller.submitEmail("visitor@example.org");
    await controller.submitCode("123456");
    expect(controller.model.step.name).toBe("review");
    await controller.send();
    expect(controller.model.step.name).toBe("done");
    expect(api.uploads.map(({ senderToken }) => senderToken)).toEqual(["token-0", "token-1"]);
  });

  it("restores an unsent recording after a reload", async () => {
    const before = await recorded();
    const after = world({ sender, draft: before.stored.draft ?? undefined });
    await after.controller.load();
    expect(after.controller.model.step).toEqual({ name: "review", atLimit: false, restored: true });
    await after.controller.send();
    expect(after.api.uploads[0]?.clientId).toBe("client-1");
  });

  it("gives a new recording a new client_id", async () => {
    const { controller, api } = await recorded();
    await controller.record();
    await controller.stop();
    await controller.send();
    expect(api.uploads[0]?.clientId).toBe("client-2");
  });

  it.each(["too_long", "too_large", "not_audio", "empty"] as const)("names the refusal %s", (code) => {
    expect(sendProblemOf(invalid(code))).toBe(code);
  });

  it("finds out on the next code that the page may not use the channel", async () => {
    const { controller, api } = await recorded();
    api.failures.upload = [new ApiError("forbidden")];
    api.failures.requestCode = [new ApiError("forbidden")];
    await controller.send();
    expect(controller.model.step.name).toBe("email");
    await controller.submitEmail("visitor@example.org");
    expect(controller.model.step).toEqual({ name: "unavailable", reason: "origin" });
  });

  it("says so when the channel closed meanwhile", async () => {
    const { controller, api, stored } = await recorded();
    api.failures.upload = [invalid("closed")];
    await controller.send();
    expect(controller.model.step).toEqual({ name: "unavailable", reason: "closed" });
    expect(stored.draft).not.toBeNull();
  });
});

describe("files", () => {
  const file = (size: number, type: string) => new File([new Uint8Array(size)], "memo.m4a", { type });

  it("sends a file like a recording", async () => {
    const { controller, api } = world({ sender });
    await controller.load();
    await controller.chooseFile();
    await controller.useFile(file(10, "audio/mp4"));
    expect(controller.model.step.name).toBe("review");
    await controller.send();
    expect(api.uploads[0]).toMatchObject({ fileName: "memo.m4a", clientId: "client-1" });
  });

  it.each([
    [0, "audio/mp4", 4000, "empty"],
    [25 * 1024 * 1024 + 1, "audio/mp4", 4000, "too_large"],
    [10, "image/png", 4000, "not_audio"],
    [10, "audio/mp4", 300_001, "too_long"],
  ])("refuses %i bytes of %s, %i ms: %s", async (size, type, length, problem) => {
    const { controller, api } = world({ sender, overrides: { measure: async () => length } });
    await controller.load();
    await controller.chooseFile();
    await controller.useFile(file(size, type));
    expect(controller.model.step).toEqual({ name: "upload", problem });
    expect(api.uploads).toEqual([]);
  });

  it("leaves a file of unknown length and type to the server", async () => {
    const { controller } = world({ sender, overrides: { measure: async () => null } });
    await controller.load();
    await controller.chooseFile();
    await controller.useFile(file(10, ""));
    expect(controller.model.step.name).toBe("review");
  });
});

describe("input", () => {
  it.each([
    ["123456", "123456"],
    ["Your code: 123 456.", "123456"],
    ["12-34-56-78", "123456"],
    ["abc", ""],
  ])("reads the code in %j", (text, digits) => {
    expect(codeDigits(text)).toBe(digits);
  });

  it.each([
    ["a@b.co", true],
    ["first.last+tag@mail.example.org", true],
    ["a@b", false],
    ["a b@example.org", false],
    ["@example.org", false],
    ["a@.org", false],
    [`${"a".repeat(250)}@example.org`, false],
  ])("judges %s", (text, expected) => {
    expect(isEmail(text)).toBe(expected);
  });
});
