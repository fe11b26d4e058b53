const MAX_SLUG = 60;

/** "Tell us about your visit!" -> "tell-us-about-your-visit" (contracts/voicegram.md 9). */
export function slugFrom(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, MAX_SLUG)
    .replace(/^-+|-+$/g, "");
}
