/** What people choose from in forms; names come from the browser, in its language. */
export interface Choice {
  value: string;
  label: string;
}

const ZONE_FALLBACK = ["UTC"];

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** The country of the browser's language, for example US for en-US. */
export function browserCountry(languages: readonly string[] = navigator.languages): string {
  for (const language of languages) {
    const region = new Intl.Locale(language).region;
    if (region && /^[A-Z]{2}$/.test(region)) return region;
  }
  return "US";
}

function zones(): string[] {
  try {
    return Intl.supportedValuesOf("timeZone");
  } catch {
    return ZONE_FALLBACK;
  }
}

const withCurrent = (choices: Choice[], current: string | null | undefined, label = current): Choice[] =>
  current && !choices.some(({ value }) => value === current) ? [{ value: current, label: label ?? current }, ...choices] : choices;

/** Every zone the browser knows, UTC first; and the current one, whatever it is. */
export function zoneChoices(current?: string | null): Choice[] {
  const names = ["UTC", ...zones().filter((name) => name !== "UTC")];
  return withCurrent(names.map((value) => ({ value, label: value.replaceAll("_", " ") })), current);
}

// Groupings and codes for private use, which have names but are no countries.
const NO_COUNTRY = /^(EU|EZ|UN|QO|X[A-JL-Z]|ZZ|AC|CP|DG|EA|IC|TA|CQ)$/;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
let countries: Choice[] | null = null;

export function countryChoices(): Choice[] {
  if (countries) return countries;
  const names = new Intl.DisplayNames(undefined, { type: "region", fallback: "none" });
  const found: Choice[] = [];
  for (const first of LETTERS) {
    for (const second of LETTERS) {
      const value = first + second;
      const label = NO_COUNTRY.test(value) ? undefined : names.of(value);
      // A withdrawn code (DD) is read as the one that took its place, and has its name.
      if (label && new Intl.Locale(`und-${value}`).region === value) found.push({ value, label });
    }
  }
  countries = found.sort((a, b) => a.label.localeCompare(b.label));
  return countries;
}

const LOCALES =
  "ar-EG bn-BD cs-CZ da-DK de-AT de-CH de-DE el-GR en-AU en-CA en-GB en-IE en-IN en-NZ en-US en-ZA es-ES es-MX fi-FI fr-CA fr-CH fr-FR he-IL hi-IN hu-HU id-ID it-IT ja-JP ko-KR nb-NO nl-BE nl-NL pl-PL pt-BR pt-PT ro-RO sv-SE th-TH tr-TR uk-UA vi-VN zh-CN zh-TW".split(
    " ",
  );

export function localeChoices(current?: string | null): Choice[] {
  const names = new Intl.DisplayNames(undefined, { type: "language" });
  return withCurrent(
    LOCALES.map((value) => ({ value, label: names.of(value) ?? value })).sort((a, b) => a.label.localeCompare(b.label)),
    current,
    current && names.of(current),
  );
}

export function currencyChoices(current?: string | null): Choice[] {
  const names = new Intl.DisplayNames(undefined, { type: "currency" });
  const codes = Intl.supportedValuesOf("currency");
  return withCurrent(codes.map((value) => ({ value, label: `${value} · ${names.of(value) ?? value}` })), current);
}
