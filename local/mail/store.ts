// The inbox: what was accepted, what became of it, and which idempotency keys are taken. In memory for reading,
// in the journal for keeps.
import path from "node:path";
import { z } from "zod";
import { makeFolder } from "../ownership.mjs";
import { Journal } from "./journal.ts";
import { bareAddress, type Mail, type MailEvent, recipientsOf } from "./mail.ts";

export const MAILS_MAX = 5_000;
/** `chars`: text kept in memory; beyond it the oldest mails go, whatever their number. */
type Bounds = { mails: number; chars: number };
const BOUNDS: Bounds = { mails: MAILS_MAX, chars: 128 * 1024 * 1024 };
/** Resend keeps an idempotency key for 24 hours (resend.com/docs/dashboard/emails/idempotency-keys). */
export const KEY_LIFETIME_MS = 24 * 60 * 60 * 1000;
/** More keys than a day's tests use; beyond it the oldest go early, so that memory stays bounded. */
const KEYS_MAX = 100_000;
const TRIES_MAX = 50_000;

export type TakenKey = { key: string; hash: string; ids: string[]; at: number };
type Tries = { drawn: number; tries: number };

const Entry = z.discriminatedUnion("t", [
  z.object({
    t: z.literal("mails"),
    mails: z.array(z.custom<Mail>(isMail)),
    key: z.custom<TakenKey>().nullable(),
  }),
  z.object({ t: z.literal("event"), id: z.string(), index: z.number(), event: z.custom<MailEvent>() }),
  z.object({ t: z.literal("try"), key: z.string(), drawn: z.number(), tries: z.number() }),
  z.object({ t: z.literal("clear") }),
]);
type Entry = z.infer<typeof Entry>;

function isMail(value: unknown): boolean {
  return typeof value === "object" && value !== null && "id" in value && "receivedAt" in value;
}

export type Change = { kind: "mail" | "event"; mail: Mail } | { kind: "clear" };

export class Store {
  #mails: Mail[] = [];
  readonly #byId = new Map<string, Mail>();
  readonly #firstByMessageId = new Map<string, string>();
  readonly #keys = new Map<string, TakenKey>();
  readonly #tries = new Map<string, Tries>();
  readonly #listeners = new Set<(change: Change) => void>();
  #chars = 0;
  #journal: Journal<Entry> | null = null;
  readonly #bounds: Bounds;

  private constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** Reads back what the folder holds. */
  static async open(
    folder: string,
    bounds: Bounds = BOUNDS,
  ): Promise<{ store: Store; skippedLines: number }> {
    makeFolder(folder, 0o700);
    const store = new Store(bounds);
    const { journal, skippedLines } = await Journal.open<Entry>({
      file: path.join(folder, "journal.jsonl"),
      parse: (value) => Entry.safeParse(value).data ?? null,
      apply: (entry) => store.#apply(entry),
      snapshot: () => store.#snapshot(),
    });
    store.#journal = journal;
    return { store, skippedLines };
  }

  close(): Promise<void> {
    return this.#journal?.close() ?? Promise.resolve();
  }

  /** Called after each change is on disk. Returns what ends it. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Keeps mails, and the key that names them, in one write: after a crash all of it is there or nothing. */
  async accept(mails: readonly Mail[], key: TakenKey | null): Promise<void> {
    await this.#append({ t: "mails", mails: [...mails], key });
  }

  async setEvent(id: string, index: number, event: MailEvent): Promise<void> {
    await this.#append({ t: "event", id, index, event });
  }

  /** Empties the inbox. Keys stay taken: a repeated request must not become a second mail. */
  async clear(): Promise<void> {
    await this.#append({ t: "clear" });
  }

  get(id: string): Mail | null {
    return this.#byId.get(id) ?? null;
  }

  /** Mails kept now. */
  get size(): number {
    return this.#mails.length;
  }

  /** Newest first. `to`: exactly this address. `search`: part of an address or subject. `since`: received after it. */
  list(filter: {
    to?: string | undefined;
    search?: string | undefined;
    since?: Date | undefined;
    limit: number;
  }): Mail[] {
    const to = filter.to === undefined ? undefined : bareAddress(filter.to);
    const search = filter.search?.trim().toLowerCase();
    const sinceMs = filter.since?.getTime();
    const found: Mail[] = [];
    for (let index = this.#mails.length - 1; index >= 0 && found.length < filter.limit; index -= 1) {
      const mail = this.#mails[index];
      if (!mail) continue;
      if (sinceMs !== undefined && Date.parse(mail.receivedAt) <= sinceMs) break;
      if (to !== undefined && !recipientsOf(mail).includes(to)) continue;
      if (search && !isFound(mail, search)) continue;
      found.push(mail);
    }
    return found;
  }

  /** The mail that took this key in the last 24 hours, or null. */
  findKey(key: string, now: Date): TakenKey | null {
    const taken = this.#keys.get(key);
    return taken && now.getTime() - taken.at < KEY_LIFETIME_MS ? taken : null;
  }

  /** Counts one more try of a mail, in memory: `keepTry` makes it last. */
  countTry(key: string): Tries {
    const before = this.#tries.get(key) ?? { drawn: 0, tries: 0 };
    const now = { drawn: before.drawn + 1, tries: before.tries + 1 };
    this.#setTries(key, now);
    return now;
  }

  /** Writes a refused try down, so that `+retry2` still means two tries when the process dies between them. */
  async keepTry(key: string): Promise<void> {
    const tries = this.#tries.get(key);
    if (tries) await this.#append({ t: "try", key, ...tries });
  }

  /** The next mail to the same address starts counting anew; the draws of the dial go on. */
  async startTriesAnew(key: string): Promise<void> {
    const tries = this.#tries.get(key);
    if (!tries || tries.tries === 0) return;
    const wasKept = tries.tries > 1;
    this.#setTries(key, { ...tries, tries: 0 });
    if (wasKept) await this.keepTry(key);
  }

  #append(entry: Entry): Promise<void> {
    return this.#journal?.append(entry) ?? Promise.reject(new Error("The inbox is not open."));
  }

  #apply(entry: Entry): void {
    switch (entry.t) {
      case "mails": {
        for (const mail of entry.mails) this.#add(mail);
        if (entry.key) this.#take(entry.key);
        break;
      }
      case "event": {
        const mail = this.#byId.get(entry.id);
        if (!mail) return;
        mail.events[entry.index] = entry.event;
        mail.state = mail.events.at(-1)?.type ?? mail.state;
        this.#tell({ kind: "event", mail });
        break;
      }
      case "try":
        this.#setTries(entry.key, { drawn: entry.drawn, tries: entry.tries });
        break;
      case "clear":
        this.#mails = [];
        this.#byId.clear();
        this.#firstByMessageId.clear();
        this.#chars = 0;
        this.#tell({ kind: "clear" });
    }
  }

  #add(mail: Mail): void {
    mail.duplicateOf ??= this.#firstByMessageId.get(mail.messageId) ?? null;
    if (mail.duplicateOf === null) this.#firstByMessageId.set(mail.messageId, mail.id);
    this.#mails.push(mail);
    this.#byId.set(mail.id, mail);
    this.#chars += charsOf(mail);
    const { mails, chars } = this.#bounds;
    while (this.#mails.length > mails || (this.#chars > chars && this.#mails.length > 1)) {
      this.#dropOldest();
    }
    this.#tell({ kind: "mail", mail });
  }

  #dropOldest(): void {
    const oldest = this.#mails.shift();
    if (!oldest) return;
    this.#byId.delete(oldest.id);
    this.#chars -= charsOf(oldest);
    if (this.#firstByMessageId.get(oldest.messageId) === oldest.id)
      this.#firstByMessageId.delete(oldest.messageId);
  }

  #take(key: TakenKey): void {
    this.#keys.set(key.key, key);
    const expired = Date.now() - KEY_LIFETIME_MS;
    for (const [name, taken] of this.#keys) {
      // In order of their making, so the first one that is young ends it.
      if (taken.at > expired && this.#keys.size <= KEYS_MAX) break;
      this.#keys.delete(name);
    }
  }

  #setTries(key: string, tries: Tries): void {
    this.#tries.delete(key);
    this.#tries.set(key, tries);
    if (this.#tries.size > TRIES_MAX) {
      const [oldest] = this.#tries.keys();
      if (oldest !== undefined) this.#tries.delete(oldest);
    }
  }

  *#snapshot(): Iterable<Entry> {
    for (const mail of this.#mails) yield { t: "mails", mails: [mail], key: null };
    for (const key of this.#keys.values()) yield { t: "mails", mails: [], key };
    for (const [key, tries] of this.#tries) if (tries.tries > 0) yield { t: "try", key, ...tries };
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function isFound(mail: Mail, search: string): boolean {
  const { from, subject } = mail;
  return [from, subject, ...mail.to, ...mail.cc, ...mail.bcc].some((text) =>
    text.toLowerCase().includes(search),
  );
}

/** What a mail costs to keep, roughly. */
function charsOf(mail: Mail): number {
  return (
    (mail.html?.length ?? 0) + (mail.text?.length ?? 0) + (mail.raw?.length ?? 0) + mail.subject.length + 1024
  );
}
