/** Unsent texts: kept per person, account and place; they survive reloads and signing in again. */

const PREFIX = "antiphon.draft.";
const KEPT_MS = 30 * 86_400_000;

interface Stored {
  at: number;
  value: unknown;
}

export const draftName = (userId: string, accountId: string, key: string) => `${PREFIX}${userId}.${accountId}.${key}`;

export function readDraft<T>(name: string, storage: Storage = localStorage): T | undefined {
  try {
    const text = storage.getItem(name);
    return text === null ? undefined : ((JSON.parse(text) as Stored).value as T);
  } catch {
    return undefined;
  }
}

export function writeDraft(name: string, value: unknown, now = Date.now(), storage: Storage = localStorage): void {
  try {
    if (value === undefined || value === "") storage.removeItem(name);
    else storage.setItem(name, JSON.stringify({ at: now, value } satisfies Stored));
  } catch {
    // Storage is full or refused; the text stays in the page.
  }
}

/** Drops drafts nobody came back to. */
export function dropOldDrafts(now = Date.now(), storage: Storage = localStorage): void {
  const names = Array.from({ length: storage.length }, (_, index) => storage.key(index));
  for (const name of names) {
    if (!name?.startsWith(PREFIX)) continue;
    try {
      const { at } = JSON.parse(storage.getItem(name) ?? "") as Stored;
      if (now - at > KEPT_MS) storage.removeItem(name);
    } catch {
      storage.removeItem(name);
    }
  }
}
