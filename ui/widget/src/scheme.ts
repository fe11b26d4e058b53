/** Light or dark, so that the recorder fits the page it stands on. */

export type Scheme = "light" | "dark";

/**
 * `theme` is `light`, `dark`, `auto` (the visitor's preference) or absent: then the page's own CSS
 * `color-scheme` decides, and a page that declares none is light.
 */
export function schemeFor(theme: string | undefined, pageSchemes: string, prefersDark: boolean): Scheme {
  if (theme === "light" || theme === "dark") return theme;
  const words = theme === "auto" ? ["light", "dark"] : pageSchemes.split(/\s+/);
  if (!words.includes("dark")) return "light";
  return prefersDark || !words.includes("light") ? "dark" : "light";
}
