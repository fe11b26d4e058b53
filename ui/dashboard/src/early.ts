/**
 * What the page asks for while the application's code still loads. The server names the paths (web/preloads.py);
 * `client.ts` takes the answers. It is a chunk of its own, so it imports nothing.
 */

export const CHOSEN_ACCOUNT = "antiphon.account";

/** The account that requests act in; none is the session's own (contracts/votel.md 0.2). */
export function accountHeader(accountId: string | null): Record<string, string> {
  return accountId ? { "X-Sub-Account-Id": accountId } : {};
}

const answers = new Map<string, Promise<Response | undefined>>();

/** The answer of a GET that was sent already, once; undefined where it failed or was not sent. */
export function takeEarly(path: string): Promise<Response | undefined> | undefined {
  const answer = answers.get(path);
  answers.delete(path);
  return answer;
}

/** What nobody took by now is out of date. */
export const dropEarly = () => answers.clear();

const paths = document.querySelector<HTMLMetaElement>("meta[name=early]")?.content ?? "";
const headers = { Accept: "application/json", ...accountHeader(sessionStorage.getItem(CHOSEN_ACCOUNT)) };
for (const path of paths.split(" ").filter(Boolean)) {
  answers.set(
    path,
    fetch(path, { headers, credentials: "same-origin" }).catch(() => undefined),
  );
}

// The first format of the platform takes far longer to make than the next; here nobody waits for it.
new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format();
