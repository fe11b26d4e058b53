import { describe, expect, it } from "vitest";
import { codeOf, LANGUAGES } from "@/features/developers/code";
import { CONTRACTS, contractNamed } from "@/features/developers/contracts";
import { kept, type TailEvent } from "@/features/developers/tail";

const ORIGIN = "https://voice.example.org";

describe("calls to copy", () => {
  it("hold address and key in every language", () => {
    for (const contract of CONTRACTS) {
      for (const sample of contract.samples) {
        for (const { value } of LANGUAGES) {
          const code = codeOf(value, contract, sample, ORIGIN, "sk_1");
          expect(code).toContain(ORIGIN + contract.base + sample.path);
          expect(code).toContain("sk_1");
        }
      }
    }
  });

  it("quote for the shell", () => {
    const contract = contractNamed("votel");
    if (!contract) throw new Error("missing");
    const code = codeOf("curl", contract, { title: "", method: "POST", path: "/x", body: { a: "it's" } }, ORIGIN, "k");
    expect(code).toContain(`-d '{"a":"it'\\''s"}'`);
  });

  it("ask for no more than reading when only reading is wanted", () => {
    const scopes = contractNamed("votel")?.scopes("read", ["contacts:read", "contacts:write", "data:read"]);
    expect(scopes).toEqual(["contacts:read", "data:read"]);
    expect(contractNamed("votel")?.scopes("write", ["contacts:read"])).toBeNull();
  });
});

describe("the tail of events", () => {
  const event = (id: number): TailEvent => ({ id: String(id), type: "call.ended", at: "", actor: "", data: {} });

  it("keeps the newest", () => {
    const events = Array.from({ length: 300 }, (_, id) => event(id)).reduce<readonly TailEvent[]>(kept, []);
    expect(events).toHaveLength(200);
    expect(events[0]?.id).toBe("299");
  });

  it("shows an event once", () => {
    expect(kept(kept([], event(1)), event(1))).toHaveLength(1);
  });
});
