import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection } from "@/api/connection";
import { rowsOf, totalOf } from "@/api/list";
import { roundUp } from "@/components/BarChart";
import { cleanTags } from "@/components/TagInput";
import { nextSort } from "@/components/table/Head";
import { rowAfter } from "@/components/table/useRowKeys";
import { dropOldDrafts, draftName, readDraft, writeDraft } from "@/hooks/drafts";
import { staleKeys } from "@/live/invalidate";
import { EventParser } from "@/live/sse";
import { allScreens, shownTo } from "@/shell/navigation";
import { placeOf } from "@/shell/palette/found";

describe("an event stream (contracts/votel.md 1.4)", () => {
  const text = 'id: 7\r\nevent: message.received\r\ndata: {"a":1}\r\n\r\n: comment\n\nevent: typing\ndata: {}\n\n';
  const events = [
    { id: "7", type: "message.received", data: '{"a":1}' },
    { id: null, type: "typing", data: "{}" },
  ];

  it.each([1, 2, 3, 7, 1000])("reads the same in pieces of %i", (size) => {
    const parser = new EventParser();
    const found = [];
    for (let at = 0; at < text.length; at += size) found.push(...parser.push(text.slice(at, at + size)));
    expect(found).toEqual(events);
  });

  it("joins lines of data and keeps half an event for later", () => {
    const parser = new EventParser();
    expect(parser.push("data: one\ndata: two\n")).toEqual([]);
    expect(parser.push("\n")).toEqual([{ id: null, type: "message", data: "one\ntwo" }]);
  });

  it("knows what an event makes stale", () => {
    expect(staleKeys("voicegram.completed")).toContainEqual(["voicegrams"]);
    expect(staleKeys("message.received")).toContainEqual(["conversations"]);
    expect(staleKeys("reset")).toBeNull();
    expect(staleKeys("typing")).toEqual([]);
    expect(staleKeys("call.live")).toEqual([]);
    expect(staleKeys("unheard.of")).toEqual([]);
  });
});

describe("the connection", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("asks again until the server answers, then tells that all must be read again", async () => {
    const probe = vi.fn<() => Promise<boolean>>().mockRejectedValueOnce(new Error()).mockResolvedValueOnce(false).mockResolvedValue(true);
    const connection = new Connection(probe);
    const states: string[] = [];
    const returned = vi.fn();
    connection.subscribe(() => states.push(connection.snapshot()));
    connection.onReturn(returned);
    connection.lost();
    connection.lost();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(probe).toHaveBeenCalledTimes(3);
    expect(states).toEqual(["unreachable", "fine"]);
    expect(returned).toHaveBeenCalledOnce();
  });

  it("takes a proxy's 502 for a server that is not there", () => {
    const connection = new Connection(async () => false);
    connection.answered(502);
    expect(connection.state).toBe("unreachable");
    connection.answered(404);
    expect(connection.state).toBe("fine");
  });

  it("stays ended until somebody signs in", () => {
    const connection = new Connection(async () => true);
    connection.ended();
    connection.lost();
    connection.answered(200);
    expect(connection.state).toBe("ended");
    connection.back();
    expect(connection.state).toBe("fine");
  });
});

describe("drafts", () => {
  beforeEach(() => localStorage.clear());

  it("are kept by person, account and place", () => {
    writeDraft(draftName("u1", "a1", "reply.1"), "Hello");
    expect(readDraft(draftName("u1", "a1", "reply.1"))).toBe("Hello");
    expect(readDraft(draftName("u2", "a1", "reply.1"))).toBeUndefined();
    writeDraft(draftName("u1", "a1", "reply.1"), "");
    expect(localStorage.length).toBe(0);
  });

  it("go after a month, and what nobody can read goes too", () => {
    const now = Date.now();
    writeDraft(draftName("u", "a", "old"), "x", now - 31 * 86_400_000);
    writeDraft(draftName("u", "a", "new"), "y", now);
    localStorage.setItem(draftName("u", "a", "broken"), "{");
    localStorage.setItem("somebody.else", "{");
    dropOldDrafts(now);
    expect([0, 1].map((index) => localStorage.key(index)).sort()).toEqual(["antiphon.draft.u.a.new", "somebody.else"]);
  });
});

describe("lists", () => {
  const page = (ids: string[], total: number) => ({ rows: ids.map((id) => ({ id })), total });

  it("show a row that moved between pages once", () => {
    const data = { pages: [page(["a", "b"], 3), page(["b", "c"], 4)], pageParams: [1, 2] };
    expect(rowsOf(data).map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect(totalOf(data)).toBe(4);
    expect(totalOf(undefined)).toBe(0);
  });

  it.each([
    ["ArrowDown", 4, 5],
    ["ArrowDown", 9, 9],
    ["k", 0, 0],
    ["PageUp", 4, 0],
    ["End", 4, 9],
    ["x", 4, null],
  ])("%s from row %i of ten leads to %s", (key, from, to) => {
    expect(rowAfter(key, from, 10)).toBe(to);
  });

  it("sort downwards, upwards, not at all", () => {
    expect([nextSort("at", undefined), nextSort("at", "-at"), nextSort("at", "at"), nextSort("at", "-name")]).toEqual([
      "-at",
      "at",
      undefined,
      "-at",
    ]);
  });
});

describe("small things", () => {
  it("rounds the top of a chart up", () => {
    expect([0, 1, 3, 7, 12, 49, 501].map(roundUp)).toEqual([1, 1, 5, 10, 20, 50, 1000]);
  });

  it("cleans tags", () => {
    expect(cleanTags([" urgent ", "Urgent", "", "vip"])).toEqual(["urgent", "vip"]);
  });

  it("shows the screens a person may open", () => {
    const names = (permissions: string[], simulator: boolean) =>
      shownTo(allScreens, permissions, { simulator }).map(({ to }) => to);
    expect(names([], false)).toEqual(["/home", "/developers", "/settings/profile"]);
    expect(names(["conversations:read"], true)).toContain("/inbox");
    expect(names(["settings:write"], false)).not.toContain("/simulator");
    expect(names(["settings:write"], true)).toContain("/simulator");
  });

  it("knows where found things are shown", () => {
    expect(placeOf({ kind: "lead", id: "1" })?.to).toBe("/contacts/1");
    expect(placeOf({ kind: "task", id: "1" })).toBeNull();
  });
});
