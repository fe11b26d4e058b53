/** The address to return to after signing in; only paths of the dashboard itself. */
export function safeNext(next: string | undefined): string {
  return next?.startsWith("/") && !next.startsWith("//") && !next.includes("\\") ? next : "/home";
}
