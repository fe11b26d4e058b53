import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, api, queryString, setCsrfToken } from "@/api/client";
import { connection } from "@/api/connection";
import { bareId } from "@/api/voicegrams";
import { slugFrom } from "@/features/channels/slug";
import { safeNext } from "@/features/session/next";
import { turnAt } from "@/features/calls/turns";
import { summaryOf } from "@/features/calls/words";
import { dateBefore, waitText } from "@/features/home/spans";
import { paragraphs, wordAt } from "@/components/recording/words";
import { formatsFor, lengthText, millisecondsBetween, phoneText, spanText, spokenLength } from "@/format";
import { filters } from "@/features/voicegrams/filters";

const word = (start_ms: number, end_ms: number) => ({ text: "x", start_ms, end_ms, confidence: 1 });

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("the API client (contracts/votel.md 0.2, 0.4)", () => {
  function answer(status: number, body: unknown, headers: Record<string, string> = {}) {
    const call = vi.fn(async () => new Response(status === 204 ? null : JSON.stringify(body), { status, headers }));
    vi.stubGlobal("fetch", call);
    return call;
  }

  it("sends the CSRF header with everything but reads", async () => {
    setCsrfToken("token-1");
    const call = answer(200, {});
    await api.get("/voicegrams", { search: "a b", page: undefined });
    await api.patch("/voicegrams/1", { tags: [] });
    const [read, write] = call.mock.calls as unknown as [string, RequestInit][];
    expect(read?.[0]).toBe("/api/voicegrams?search=a+b");
    expect(read?.[1].headers).not.toHaveProperty("X-CSRF-Token");
    expect(write?.[1].headers).toMatchObject({ "X-CSRF-Token": "token-1", "Content-Type": "application/json" });
  });

  it("turns the error envelope into messages by field", async () => {
    answer(400, { detail: "Invalid request", errors: [{ field: "slug", message: "is taken", code: "taken" }] });
    const error = await api.post("/recording-channels", {}).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 400, message: "Invalid request", fields: { slug: "is taken" } });
  });

  it("tells when the session ended, but not for the question whether there is one", async () => {
    const ended = vi.spyOn(connection, "ended");
    answer(401, { detail: "Invalid or missing API key" });
    await expect(api.get("/session")).rejects.toMatchObject({ status: 401 });
    expect(ended).not.toHaveBeenCalled();
    await expect(api.get("/voicegrams")).rejects.toMatchObject({ status: 401 });
    expect(ended).toHaveBeenCalledOnce();
  });

  it("survives answers that are no JSON, and no connection", async () => {
    vi.stubGlobal("fetch", async () => new Response("<html>", { status: 502 }));
    await expect(api.get("/voicegrams")).rejects.toMatchObject({ status: 502 });
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("failed");
    });
    await expect(api.get("/voicegrams")).rejects.toMatchObject({ status: 0 });
    answer(204, null);
    await expect(api.delete("/session")).resolves.toBeUndefined();
  });

  it("leaves empty query values out", () => {
    expect(queryString({ a: "", b: null, c: undefined })).toBe("");
    expect(queryString({ a: 1, b: false })).toBe("?a=1&b=false");
  });
});

describe("addresses", () => {
  it.each([
    ["vg_0198c0de-0000-7000-8000-000000000001", "0198c0de-0000-7000-8000-000000000001"],
    ["0198c0de-0000-7000-8000-000000000001", "0198c0de-0000-7000-8000-000000000001"],
  ])("takes %s", (id, expected) => {
    expect(bareId(id)).toBe(expected);
  });

  it.each([
    ["/inbox/vg_1?x=1", "/inbox/vg_1?x=1"],
    ["//evil.example.com", "/home"],
    ["/\\evil.example.com", "/home"],
    ["https://evil.example.com", "/home"],
    [undefined, "/home"],
  ])("returns after sign-in from %s to %s", (next, expected) => {
    expect(safeNext(next)).toBe(expected);
  });

  it("keeps known filters only", () => {
    expect(filters.read({ search: "x", urgency: 3, callback_required: true, other: "y" })).toEqual({
      search: "x",
      callback_required: true,
    });
    expect(filters.read({ callback_required: "yes", urgency: "enormous", search: "" })).toEqual({});
    expect(filters.read({ search: 5550100, callback_required: "true" })).toEqual({
      search: "5550100",
      callback_required: true,
    });
  });

  it.each([
    ["Tell us about your visit!", "tell-us-about-your-visit"],
    ["  Café -- Zürich  ", "cafe-zurich"],
    ["***", ""],
    [`${"a".repeat(59)} b`, "a".repeat(59)],
  ])("makes a slug of %j", (name, slug) => {
    expect(slugFrom(name)).toBe(slug);
  });
});

describe("the words of a transcript", () => {
  const words = [word(100, 400), word(500, 900), word(5000, 5200)];

  it.each([
    [0, -1],
    [100, 0],
    [520, 1],
    [1000, 1],
    [3000, -1],
    [5100, 2],
    [9000, -1],
  ])("at %i ms: %i", (time, index) => {
    expect(wordAt(words, time)).toBe(index);
  });

  it("start a new paragraph after a long pause", () => {
    expect(paragraphs(words)).toEqual([
      [0, 2],
      [2, 3],
    ]);
    expect(paragraphs([])).toEqual([]);
  });
});

describe("times", () => {
  const now = new Date("2026-11-20T15:00:00Z");

  it.each([
    ["2026-11-20T14:59:40Z", "now"],
    ["2026-11-20T14:48:00Z", "12 min ago"],
    ["2026-11-20T13:05:00Z", "14:05"],
    ["2026-11-19T23:30:00Z", "00:30"],
    ["2026-11-17T13:05:00Z", "Tue 14:05"],
    ["2026-10-03T13:05:00Z", "3 Oct"],
    ["2025-10-03T13:05:00Z", "3 Oct 2025"],
  ])("%s reads %s in Berlin", (at, expected) => {
    expect(formatsFor("en-GB", "Europe/Berlin").short(at, now)).toBe(expected);
  });

  it("falls back to the browser's for a zone nobody knows", () => {
    expect(formatsFor("en-GB", "Nowhere/Else").full("2026-11-20T10:00:00Z")).toContain("2026");
  });

  it("measures spans", () => {
    expect(millisecondsBetween("2026-11-20T10:00:00.000Z", "2026-11-20T10:00:01.500Z")).toBe(1500);
    expect(millisecondsBetween(null, "2026-11-20T10:00:01.500Z")).toBeNull();
    expect([spanText(40), spanText(4600), lengthText(75.4), lengthText(3729)]).toEqual([
      "40 ms",
      "4.6 s",
      "1:15",
      "1:02:09",
    ]);
    expect([spokenLength(3729), spokenLength(61), spokenLength(0)]).toEqual([
      "1 hour 2 minutes 9 seconds",
      "1 minute 1 second",
      "0 seconds",
    ]);
  });
});

describe("phone numbers", () => {
  it.each([
    ["+15550100123", "+1 555 010 0123"],
    ["+4930901820", "+49 309 018 20"],
    ["+442079460123", "+44 207 946 0123"],
    ["+35312345678", "+353 123 456 78"],
    ["anonymous", "anonymous"],
  ])("%s reads %s", (phone, expected) => {
    expect(phoneText(phone)).toBe(expected);
  });
});

describe("spans of the home page", () => {
  it("are told in two units at most", () => {
    expect([0.4, 59, 60, 3599, 11_100, 86_400, 187_200].map(waitText)).toEqual(["0 s", "59 s", "1 min", "60 min", "3 h 5 min", "1 d", "2 d 4 h"]);
  });
  it("begin on a date of the person's zone", () => {
    const now = new Date("2026-11-01T03:00:00Z");
    expect(dateBefore(0, "America/New_York", now)).toBe("2026-10-31");
    expect(dateBefore(13, "Europe/Berlin", now)).toBe("2026-10-19");
  });
});

describe("turns of a call", () => {
  const turn = (start: number, end: number) => ({ speaker: "caller" as const, text: "", start_ms: start, end_ms: end, confidence: 1 });
  it("are found by time, of two at once the later", () => {
    const turns = [turn(0, 1000), turn(800, 2000), turn(3000, 4000)];
    expect([-1, 0, 900, 2500, 3000, 9000].map((at) => turnAt(turns, at))).toEqual([-1, 0, 1, -1, 2, -1]);
  });
});

describe("what an analysis found", () => {
  it("is read without trust", () => {
    const analysis = { urgency: 5, action_items: [{ task: "Call", priority: "high" }, "x"], mentioned: { phones: ["+1", 2] }, callback_required: "yes" };
    const summary = summaryOf({ summary: "Asks", sentiment: null, analysis });
    expect(summary?.urgency).toBeNull();
    expect(summary?.callback_required).toBe(false);
    expect(summary?.action_items[0]).toEqual({ task: "Call", priority: "high", deadline: null });
    expect(summary?.mentioned).toEqual({ names: [], phones: ["+1"], emails: [] });
    expect(summaryOf({ summary: null, sentiment: null, analysis: {} })).toBeNull();
  });
});
