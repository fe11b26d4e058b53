import type { NewMessage, StoredFile } from "@/api/conversations";
import { readDraft, writeDraft } from "@/hooks/drafts";

/** A message on its way. Sending it again under its key sends nothing twice (contracts/votel.md 0.8). */
export interface Sent {
  body: NewMessage;
  key: string;
  /** What `body.attachments` names. */
  files: readonly StoredFile[];
}

interface Kept extends Sent {
  at: number;
  /** Back in the reply field. */
  isBack?: true;
}

const KEPT_MS = 24 * 3_600_000;
const onTheirWay = new Set<string>();

const same = (one: NewMessage, other: NewMessage) => JSON.stringify(one) === JSON.stringify(other);

/** What left the reply field and has no answer yet, kept in this browser so that no reload loses it. */
export class Outbox {
  constructor(
    private readonly name: string,
    private readonly storage: Storage = localStorage,
  ) {}

  private read(): Kept[] {
    const kept = readDraft<Kept[]>(this.name, this.storage);
    return Array.isArray(kept) ? kept.filter(({ at }) => Date.now() - at < KEPT_MS) : [];
  }

  private write(kept: Kept[]): void {
    writeDraft(this.name, kept.length > 0 ? kept : undefined, Date.now(), this.storage);
  }

  /** Puts a message in; one that came back unsent leaves under the key it had. */
  add(body: NewMessage, files: readonly StoredFile[] = []): Sent {
    const kept = this.read();
    const again = kept.find((one) => one.isBack && same(one.body, body));
    const key = again?.key ?? crypto.randomUUID();
    onTheirWay.add(key);
    this.write([...kept.filter((one) => one !== again), { body, key, files, at: Date.now() }]);
    return { body, key, files };
  }

  arrived(key: string): void {
    onTheirWay.delete(key);
    this.write(this.read().filter((one) => one.key !== key));
  }

  /** Its key stays for another try. */
  cameBack(key: string): void {
    onTheirWay.delete(key);
    this.write(this.read().map((one) => (one.key === key ? { ...one, isBack: true } : one)));
  }

  /** What an earlier page has left behind. */
  takeLeft(): Sent[] {
    const left = this.read().filter((one) => !one.isBack && !onTheirWay.has(one.key));
    for (const { key } of left) this.cameBack(key);
    return left;
  }
}
