// What becomes of a mail after it was accepted: sent, then delivered, bounced, … each told to the application.
import type { Mail, MailEvent, Outcome } from "./mail.ts";
import type { Store } from "./store.ts";
import type { Webhooks } from "./webhooks.ts";

type Step = { type: MailEvent["type"]; afterMs: number; isSoft?: boolean };

/** Soon enough for a test to wait for, late enough for a page to be seen changing. */
const SHORTLY_MS = 250;
const LATER_MS = 2_000;

const SENT: Step = { type: "sent", afterMs: 0 };
const PLANS: Record<Outcome, readonly Step[]> = {
  delivered: [SENT, { type: "delivered", afterMs: SHORTLY_MS }],
  bounced: [SENT, { type: "bounced", afterMs: SHORTLY_MS }],
  soft_bounced: [SENT, { type: "bounced", afterMs: SHORTLY_MS, isSoft: true }],
  delivery_delayed: [
    SENT,
    { type: "delivery_delayed", afterMs: SHORTLY_MS },
    { type: "delivered", afterMs: LATER_MS },
  ],
  complained: [SENT, { type: "delivered", afterMs: SHORTLY_MS }, { type: "complained", afterMs: LATER_MS }],
  // Resend does not even try these, so there is no `sent`.
  suppressed: [{ type: "suppressed", afterMs: SHORTLY_MS }],
  failed: [{ type: "failed", afterMs: SHORTLY_MS }],
};

export class Aftermath {
  readonly #store: Store;
  readonly #webhooks: Webhooks;
  readonly #log: (message: string) => void;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(store: Store, webhooks: Webhooks, log: (message: string) => void) {
    this.#store = store;
    this.#webhooks = webhooks;
    this.#log = log;
  }

  /** The events a mail has at the moment of its acceptance; kept with it, in the same write. */
  firstEvents(outcome: Outcome, at: string): MailEvent[] {
    const first = PLANS[outcome][0];
    return first && first.afterMs === 0 ? [this.#event(first, at)] : [];
  }

  /** Takes care of a mail that was just accepted. */
  begin(mail: Mail): void {
    for (const [index, event] of mail.events.entries()) this.#tell(mail, index, event);
    this.#planNext(mail);
  }

  /** Goes on where a process that died had stopped. */
  resume(mails: Iterable<Mail>): void {
    for (const mail of mails) {
      for (const [index, event] of mail.events.entries()) {
        if (event.webhook === "waiting") this.#tell(mail, index, event);
      }
      this.#planNext(mail);
    }
  }

  /** Adds an event by hand: a mail delivered long ago may still bounce or be reported. */
  async add(mail: Mail, type: MailEvent["type"], isSoft = false): Promise<void> {
    const index = mail.events.length;
    const event = this.#event({ type, afterMs: 0, isSoft }, new Date().toISOString());
    await this.#store.setEvent(mail.id, index, event);
    this.#tell(mail, index, event);
  }

  /** Sends the webhook of one event again, under the same id, as a provider's replay does. */
  replay(mail: Mail, index: number): boolean {
    const event = mail.events[index];
    if (!event || !this.#webhooks.isOn) return false;
    this.#tell(mail, index, { ...event, webhook: "waiting" });
    return true;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #planNext(mail: Mail): void {
    const plan = PLANS[mail.outcome];
    const step = plan[mail.events.length];
    // An event added by hand leaves the plan.
    if (!step || mail.events.some((event, index) => event.type !== plan[index]?.type)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const kept = this.#store.get(mail.id);
      if (!kept || kept.events.length !== plan.indexOf(step)) return;
      const index = kept.events.length;
      const event = this.#event(step, new Date().toISOString());
      this.#store.setEvent(mail.id, index, event).then(
        () => {
          this.#tell(kept, index, event);
          this.#planNext(kept);
        },
        (error: Error) =>
          this.#log(`The event ${step.type} of ${mail.id} could not be kept: ${error.message}`),
      );
    }, step.afterMs);
    this.#timers.add(timer);
  }

  #event(step: Step, at: string): MailEvent {
    return {
      type: step.type,
      ...(step.isSoft ? { isSoft: true } : {}),
      at,
      webhook: this.#webhooks.isOn ? "waiting" : "off",
      webhookTries: 0,
    };
  }

  #tell(mail: Mail, index: number, event: MailEvent): void {
    if (event.webhook !== "waiting") return;
    this.#webhooks.send(mail, index, event, (result) => {
      const now = this.#store.get(mail.id)?.events[index];
      if (!now) return;
      this.#store
        .setEvent(mail.id, index, { ...now, ...result })
        .catch((error: Error) => this.#log(`A webhook's result could not be kept: ${error.message}`));
    });
  }
}
