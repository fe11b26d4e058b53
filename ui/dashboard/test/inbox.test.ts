import { beforeEach, describe, expect, it, vi } from "vitest";
import type { NewMessage, StoredFile } from "@/api/conversations";
import { ApiError } from "@/api/client";
import { filters } from "@/features/inbox/filters";
import { pieces } from "@/features/inbox/Linked";
import { Outbox } from "@/features/inbox/outbox";
import { conversationFilters } from "@/features/inbox/query";
import { smsSize } from "@/features/inbox/sms";
import { isLost, isPending, notYetIn, pendingMessage } from "@/features/inbox/useSend";
import { laterChoices, momentOf, wallTime } from "@/features/inbox/when";
import { refusal } from "@/features/inbox/words";

describe("the parts of an SMS (3GPP TS 23.038)", () => {
  it("counts septets in the basic alphabet, 160 alone and 153 each", () => {
    expect(smsSize("")).toEqual({ parts: 0, left: 160, isUnicode: false });
    expect(smsSize("a".repeat(160))).toEqual({ parts: 1, left: 0, isUnicode: false });
    expect(smsSize("a".repeat(161))).toEqual({ parts: 2, left: 145, isUnicode: false });
    expect(smsSize("ä@£\n")).toMatchObject({ left: 156, isUnicode: false });
  });

  it("counts escaped characters twice", () => {
    expect(smsSize("€".repeat(80))).toEqual({ parts: 1, left: 0, isUnicode: false });
    expect(smsSize(`${"€".repeat(80)}a`).parts).toBe(2);
  });

  it("counts UTF-16 units as soon as one character is foreign, 70 alone and 67 each", () => {
    expect(smsSize("и".repeat(70))).toEqual({ parts: 1, left: 0, isUnicode: true });
    expect(smsSize("👍".repeat(36))).toEqual({ parts: 2, left: 134 - 72, isUnicode: true });
  });
});

describe("what is on its way", () => {
  const body: NewMessage = { channel: "sms", body: "Hello" };
  const outbox = () => new Outbox("antiphon.draft.u.a.outbox.c", localStorage);

  beforeEach(() => localStorage.clear());

  it("leaves nothing behind once it arrived", () => {
    const sent = outbox().add(body);
    outbox().arrived(sent.key);
    expect(localStorage.length).toBe(0);
    expect(outbox().add(body).key).not.toBe(sent.key);
  });

  it("goes out under its key again after it came back, another text under another", () => {
    const file = { id: "f", name: "a.png" } as StoredFile;
    const sent = outbox().add(body, [file]);
    outbox().cameBack(sent.key);
    expect(outbox().takeLeft()).toEqual([]);
    expect(outbox().add({ ...body, body: "Hello!" }).key).not.toBe(sent.key);
    expect(outbox().add(body).key).toBe(sent.key);
  });

  it("is found by the next page, once, and not while this one still waits for the answer", async () => {
    const { key } = outbox().add(body);
    expect(outbox().takeLeft()).toEqual([]);
    vi.resetModules();
    const { Outbox: NextPage } = await import("@/features/inbox/outbox");
    const next = new NextPage("antiphon.draft.u.a.outbox.c", localStorage);
    expect(next.takeLeft()).toMatchObject([{ key, body }]);
    expect(next.takeLeft()).toEqual([]);
  });

  it("survives what else may stand in the browser's storage", () => {
    localStorage.setItem("antiphon.draft.u.a.outbox.c", '{"at": 1, "value": "no list"}');
    expect(outbox().takeLeft()).toEqual([]);
    expect(outbox().add(body).body).toEqual(body);
  });

  it("stands in the thread as what it will be", () => {
    const author = { kind: "user", id: "1", name: "Owner" } as const;
    const note = pendingMessage({ body: { channel: "note", body: "x" }, key: "k", files: [] }, 0, author);
    expect(note).toMatchObject({ direction: "internal", status: "queued", body: "x", author });
    expect(isPending(note)).toBe(true);
    const later = { ...body, scheduled_at: "2026-11-21T09:00:00.000Z" };
    expect(pendingMessage({ body: later, key: "k", files: [] }, 0, author).status).toBe("scheduled");
  });

  it("stands there once, whether the live event or the answer comes first", () => {
    const author = { kind: "user", id: "1", name: "Owner" } as const;
    const pending = pendingMessage({ body, key: "k", files: [] }, 0, author);
    const stored = { ...pending, id: "m", metadata: { sent_key: "k" } };
    expect(notYetIn([], [pending])).toEqual([pending]);
    expect(notYetIn([stored], [pending])).toEqual([]);
    expect(notYetIn([{ ...stored, metadata: { sent_key: "other" } }], [pending])).toEqual([pending]);
  });

  it("is repeated only when nobody knows what became of it", () => {
    expect([0, 500, 503].map((status) => isLost(new ApiError(status, "")))).toEqual([true, true, true]);
    expect([400, 402, 404, 429].some((status) => isLost(new ApiError(status, "")))).toBe(false);
  });

  it("says in plain words why it was refused", () => {
    const refused = (code: string, message: string) => new ApiError(400, "Invalid request", [{ field: "", message, code }]);
    expect(refusal(refused("opted_out", "has opted out"))).toBe("This person has opted out.");
    expect(refusal(refused("something_new", "too many stamps"))).toBe("too many stamps");
    expect(refusal(new TypeError("x"))).toBe("Please try again.");
  });
});

describe("times ahead", () => {
  it("are the zone's, over a change of its clock too", () => {
    expect(wallTime(new Date("2026-11-20T15:00:00Z"), "America/Chicago")).toBe("2026-11-20T09:00");
    expect(momentOf("2026-11-20T09:00", "America/Chicago").toISOString()).toBe("2026-11-20T15:00:00.000Z");
    expect(momentOf("2026-07-01T09:00", "America/Chicago").toISOString()).toBe("2026-07-01T14:00:00.000Z");
    expect(momentOf("2026-11-01T09:00", "America/Chicago").toISOString()).toBe("2026-11-01T15:00:00.000Z");
    expect(momentOf("2026-01-01T00:15", "Asia/Kathmandu").toISOString()).toBe("2025-12-31T18:30:00.000Z");
  });

  it("name tomorrow and Monday by the day it is there", () => {
    const friday = new Date("2026-11-20T23:30:00Z");
    const named = (zone: string) => laterChoices(friday, zone).map(({ label, at }) => `${label} ${wallTime(at, zone)}`);
    expect(named("UTC").slice(1)).toEqual(["Tomorrow at 9 2026-11-21T09:00", "Monday at 9 2026-11-23T09:00"]);
    expect(named("Pacific/Auckland")[1]).toBe("Tomorrow at 9 2026-11-22T09:00");
    // On a Sunday, Monday is tomorrow.
    expect(laterChoices(new Date("2026-11-22T12:00:00Z"), "UTC")).toHaveLength(2);
  });
});

describe("what strangers write", () => {
  it("has links only to web addresses, without the sentence's end", () => {
    expect(pieces("See https://example.org/a?b=(1). Bye")).toEqual([
      { text: "See ", isLink: false },
      { text: "https://example.org/a?b=(1)", isLink: true },
      { text: ". Bye", isLink: false },
    ]);
    expect(pieces("(https://example.org/a)")[1]).toEqual({ text: "https://example.org/a", isLink: true });
    expect(pieces("javascript:alert(1) data:text/html,x //example.org")).toMatchObject([{ isLink: false }]);
    expect(pieces('https://example.org/"onclick="x')[0]).toEqual({ text: "https://example.org/", isLink: true });
    expect(pieces("")).toEqual([]);
  });
});

describe("the address of the inbox", () => {
  it("speaks the API's words (contracts/votel.md 1.1)", () => {
    const asked = (search: Record<string, unknown>) => conversationFilters(filters.read(search));
    expect(asked({ view: "mine", new: true })).toEqual({ assigned_to_id: "me" });
    expect(asked({ view: "unassigned", unread: true, sort: "all" })).toEqual({
      assigned_to_id: "none",
      unread: true,
      sort: "all",
    });
    expect(asked({ view: "all", status: "lost", flagged: "true", search: 555 })).toEqual({ flagged: true, search: "555" });
  });
});
