/** What the browser remembers: the proven sender (30 days) and a recording that was not sent yet. */

export interface Sender {
  email: string;
  token: string;
}

export interface Draft {
  clientId: string;
  audio: Blob;
  fileName: string;
  source: "microphone" | "file";
  /** Null for a file whose length the browser cannot tell. */
  durationMs: number | null;
  /** Loudness over the recording, 0..1. */
  peaks: number[];
}

const SENDER_DAYS = 30;
const DAY_MS = 86_400_000;

export interface SenderStore {
  load(): Sender | null;
  save(sender: Sender): void;
  clear(): void;
}

/**
 * A token is good for one channel. Storage can be absent or refuse (private windows, blocked third-party
 * data): then nothing is remembered.
 */
export class LocalSenderStore implements SenderStore {
  private readonly key: string;

  constructor(
    origin: string,
    channelId: string,
    private readonly now: () => number = Date.now,
  ) {
    this.key = `antiphon:sender:${origin}:${channelId}`;
  }

  load(): Sender | null {
    try {
      const stored = JSON.parse(localStorage.getItem(this.key) ?? "null") as (Sender & { savedAt: number }) | null;
      if (!stored?.token || !stored.email || this.now() - stored.savedAt > SENDER_DAYS * DAY_MS) return null;
      return { email: stored.email, token: stored.token };
    } catch {
      return null;
    }
  }

  save(sender: Sender): void {
    try {
      localStorage.setItem(this.key, JSON.stringify({ ...sender, savedAt: this.now() }));
    } catch {
      // The sender proves the address again next time.
    }
  }

  clear(): void {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // Nothing was stored.
    }
  }
}

export interface DraftStore {
  load(): Promise<Draft | null>;
  save(draft: Draft): Promise<void>;
  clear(): Promise<void>;
}

export class IndexedDbDraftStore implements DraftStore {
  constructor(private readonly channelId: string) {}

  async load(): Promise<Draft | null> {
    return (await this.run<Draft | undefined>("readonly", (store) => store.get(this.channelId))) ?? null;
  }

  async save(draft: Draft): Promise<void> {
    await this.run("readwrite", (store) => store.put(draft, this.channelId));
  }

  async clear(): Promise<void> {
    await this.run("readwrite", (store) => store.delete(this.channelId));
  }

  private run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest): Promise<T | undefined> {
    return new Promise((resolve) => {
      const give = () => resolve(undefined);
      try {
        const opening = indexedDB.open("antiphon-recorder", 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore("drafts");
        opening.onerror = opening.onblocked = give;
        opening.onsuccess = () => {
          const database = opening.result;
          try {
            const transaction = database.transaction("drafts", mode);
            const request = act(transaction.objectStore("drafts"));
            transaction.oncomplete = () => {
              database.close();
              resolve(request.result as T);
            };
            transaction.onerror = transaction.onabort = () => {
              database.close();
              give();
            };
          } catch {
            database.close();
            give();
          }
        };
      } catch {
        give();
      }
    });
  }
}

/** randomUUID exists only in secure contexts; file upload works without one. */
export function newClientId(source: Crypto = crypto): string {
  if (typeof source.randomUUID === "function") return source.randomUUID();
  const bytes = source.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
