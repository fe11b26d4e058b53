import { describe, expect, it } from "vitest";
import { browserCountry, countryChoices, localeChoices } from "@/choices";
import { scopeGroups, scopesText } from "@/features/settings/api-keys/kinds";
import { actionText, valueText } from "@/features/settings/audit-log/words";
import { eventGroups, isChosen, toggled } from "@/features/settings/webhooks/contracts";
import { ApiError } from "@/api/client";
import { showFaults } from "@/hooks/useSubmit";

describe("events of a webhook", () => {
  const names = ["lead.created", "lead.deleted", "call.ended"];

  it("groups them by what they are about", () => {
    expect(eventGroups(names).map(({ group, names: list }) => [group, list.length])).toEqual([
      ["lead", 2],
      ["call", 1],
    ]);
  });

  it("reads patterns, and writes one out when an event is taken from it", () => {
    expect(isChosen(["lead.*"], "lead.deleted")).toBe(true);
    expect(isChosen(["lead.*"], "call.ended")).toBe(false);
    expect(toggled(["lead.*"], "lead.deleted", names)).toEqual(["lead.created"]);
    expect(toggled(["lead.*"], "call.ended", names)).toEqual(names);
  });
});

describe("faults of a form", () => {
  const formOf = (values: object) => {
    const shown: Record<string, string>[] = [];
    return { shown, getValues: () => values, setErrors: (errors: Record<string, string>) => void shown.push(errors) };
  };
  const refusal = (field: string) => new ApiError(400, "Invalid request", [{ field, message: "no", code: "invalid" }]);

  it("stand beside their fields, those of list items beside the list", () => {
    const form = formOf({ retention: { recordings_days: 1 }, stop_words: [] });
    expect(showFaults(form, refusal("retention.recordings_days"))).toBeNull();
    expect(showFaults(form, refusal("stop_words.3"))).toBeNull();
    expect(form.shown).toEqual([{ "retention.recordings_days": "no" }, { stop_words: "no" }]);
  });

  it("are told above the form when no field has them", () => {
    expect(showFaults(formOf({ name: "" }), refusal("elsewhere"))).toBe("no");
    expect(showFaults(null, new ApiError(403, "Insufficient permissions"))).toBe("Insufficient permissions");
  });
});

describe("words", () => {
  it("says what was done", () => {
    expect(actionText("api_key.created")).toBe("Created API key");
    expect(actionText("session.started")).toBe("Signed in");
    expect(actionText("recording_channel.purged")).toBe("Recording channel: purged");
  });

  it("shows values", () => {
    expect([valueText(null), valueText(true), valueText([]), valueText(["a", "b"]), valueText(5)]).toEqual([
      "nothing",
      "yes",
      "nothing",
      "a, b",
      "5",
    ]);
  });

  it("shortens what a key may do", () => {
    expect(scopesText(null, "secret")).toBe("All its owner may do");
    expect(scopesText(["a:read", "b:read", "c:read", "d:read"], "secret")).toBe("a:read, b:read and 2 more");
    expect(scopeGroups(["a:read", "b:read", "a:write"])).toEqual([
      { group: "a", verbs: ["read", "write"] },
      { group: "b", verbs: ["read"] },
    ]);
  });
});

describe("choices", () => {
  it("finds the country in the browser's languages", () => {
    expect(browserCountry(["de", "fr-CH"])).toBe("CH");
    expect(browserCountry(["eo"])).toBe("US");
  });

  it("has real countries only, and keeps the current language", () => {
    const codes = countryChoices().map(({ value }) => value);
    expect(codes).toContain("DE");
    expect(codes).not.toContain("EU");
    expect(localeChoices("eo")[0]?.value).toBe("eo");
  });
});
