// The one way in, for HTTP and SMTP alike: the limit, the fate of a try, and keeping what is accepted.
import { randomUUID } from "node:crypto";
import type { Aftermath } from "./aftermath.ts";
import type { DialStore } from "./dial.ts";
import { decideFate, type Fate, outcomeOfTags } from "./fate.ts";
import { type IncomingMail, type Mail, type Outcome, recipientsOf } from "./mail.ts";
import { RateLimit } from "./rate.ts";
import type { Store, TakenKey } from "./store.ts";

/** `retryAfterSeconds` is null when the request may pass. */
export type LimitAnswer = { limit: number; remaining: number; retryAfterSeconds: number | null };

export type Try = {
  /** What the try is counted under: idempotency key, Message-ID, else the first address of each mail. */
  mailKey: string;
  /** From 1, since this mail was last accepted. */
  number: number;
  fate: Fate;
};

/** Names one mail over its tries. */
export function mailKeyOf(mail: {
  idempotencyKey: string | null;
  messageId: string | null;
  to: string;
}): string {
  if (mail.idempotencyKey !== null) return `key:${mail.idempotencyKey}`;
  return mail.messageId !== null ? `message:${mail.messageId}` : `address:${mail.to}`;
}

export class Intake {
  readonly #store: Store;
  readonly #dial: DialStore;
  readonly #aftermath: Aftermath;
  readonly #rate = new RateLimit();
  readonly #underWay = new Set<string>();

  constructor(store: Store, dial: DialStore, aftermath: Aftermath) {
    this.#store = store;
    this.#dial = dial;
    this.#aftermath = aftermath;
  }

  /** Null when there is no limit. */
  takePlace(): LimitAnswer | null {
    const limit = this.#dial.current.limit_per_second;
    if (limit === null) return null;
    const place = this.#rate.take(limit, performance.now());
    if (place.ok) return { limit, remaining: place.remaining, retryAfterSeconds: null };
    this.#dial.count("limit");
    return { limit, remaining: 0, retryAfterSeconds: Math.ceil(place.waitMs / 1000) };
  }

  /** Counts one try and draws its fate. A refused try is written down before it is answered. */
  async nextTry(mailKey: string, recipients: readonly string[]): Promise<Try> {
    const { drawn, tries } = this.#store.countTry(mailKey);
    const fate = decideFate(this.#dial.current, { mailKey, drawNumber: drawn, tryNumber: tries, recipients });
    if (fate.fault !== null) this.#dial.count(fate.fault);
    if (fate.kind !== "accept") await this.#store.keepTry(mailKey);
    return { mailKey, number: tries, fate };
  }

  /**
   * Whether a new SMTP connection is cut before it said anything: when everything is to be cut. A smaller share is
   * drawn per mail, after it was sent, like every other fault.
   */
  isDown(): boolean {
    const isDown = this.#dial.current.faults.some(({ kind, percent }) => kind === "down" && percent >= 100);
    if (isDown) this.#dial.count("down");
    return isDown;
  }

  findKey(key: string): TakenKey | null {
    return this.#store.findKey(key, new Date());
  }

  /** Marks a key as being worked on; null when it already is. Call the result when done. */
  enter(key: string): (() => void) | null {
    if (this.#underWay.has(key)) return null;
    this.#underWay.add(key);
    return () => this.#underWay.delete(key);
  }

  /** Resolves when the mails, and the key that names the request, are on disk. Ids in the order given. */
  async accept(
    incoming: readonly IncomingMail[],
    about: { try: Try; outcome: Outcome; key: { key: string; hash: string } | null },
  ): Promise<string[]> {
    const now = new Date();
    const mails = incoming.map((mail): Mail => {
      const outcome = outcomeOfTags(recipientsOf(mail)) ?? about.outcome;
      const events = this.#aftermath.firstEvents(outcome, now.toISOString());
      return {
        ...mail,
        id: randomUUID(),
        receivedAt: now.toISOString(),
        tries: about.try.number,
        duplicateOf: null,
        outcome,
        state: events[0]?.type ?? "queued",
        events,
      };
    });
    const ids = mails.map(({ id }) => id);
    await this.#store.accept(mails, about.key && { ...about.key, ids, at: now.getTime() });
    if (about.try.mailKey.startsWith("address:")) await this.#store.startTriesAnew(about.try.mailKey);
    for (const mail of mails) this.#aftermath.begin(mail);
    return ids;
  }
}
