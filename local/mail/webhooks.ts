// Tells the application what became of its mails, as Resend does: signed, in order per mail, retried.
import { createHash } from "node:crypto";
import { Webhook } from "standardwebhooks";
import type { Mail, MailEvent, WebhookState } from "./mail.ts";

/** Waits between tries. Resend waits 5 s, 5 min, 30 min, …; nobody at a desk does. */
const RETRY_DELAYS_MS = [1_000, 5_000, 25_000, 120_000];
/** As long as Resend's sender waits for an answer (docs.svix.com/retries). */
const TIMEOUT_MS = 15_000;
const PARALLEL = 8;
const QUEUE_MAX = 10_000;

export type WebhookResult = { webhook: WebhookState; webhookTries: number };
type Job = {
  mail: Mail;
  index: number;
  event: MailEvent;
  tries: number;
  onResult: (result: WebhookResult) => void;
};

export type WebhookOptions = {
  /** Null: nobody is told. */
  url: string | null;
  /** `whsec_` and base64. */
  secret: string | null;
  log: (message: string) => void;
  retryDelaysMs?: readonly number[];
};

export class Webhooks {
  readonly #options: WebhookOptions;
  readonly #signer: Webhook | null;
  readonly #lanes = new Map<string, Job[]>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #abort = new AbortController();
  #ready: string[] = [];
  #active = 0;
  #queued = 0;
  #hasWarned = false;

  /** Throws a sentence when there is an address but no usable secret to sign with. */
  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#signer = options.url === null ? null : createSigner(options.secret);
  }

  get isOn(): boolean {
    return this.#signer !== null;
  }

  get url(): string | null {
    return this.#options.url;
  }

  /** Webhooks not yet delivered or given up. */
  get queued(): number {
    return this.#queued;
  }

  /** Returns at once; `onResult` hears of each try. Beyond the queue's bound the event is given up at once. */
  send(mail: Mail, index: number, event: MailEvent, onResult: (result: WebhookResult) => void): void {
    if (!this.#signer || this.#abort.signal.aborted) return;
    if (this.#queued >= QUEUE_MAX) {
      if (!this.#hasWarned)
        this.#options.log(`More than ${QUEUE_MAX} webhooks are waiting; new ones are dropped.`);
      this.#hasWarned = true;
      onResult({ webhook: "given_up", webhookTries: 0 });
      return;
    }
    this.#queued += 1;
    this.#enqueue({ mail, index, event, tries: 0, onResult });
  }

  stop(): void {
    this.#abort.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#lanes.clear();
    this.#ready = [];
  }

  /** One lane per mail, so that `delivered` does not overtake `sent`. */
  #enqueue(job: Job): void {
    const lane = this.#lanes.get(job.mail.id);
    if (lane) {
      lane.push(job);
      return;
    }
    this.#lanes.set(job.mail.id, [job]);
    this.#ready.push(job.mail.id);
    this.#pump();
  }

  #pump(): void {
    while (this.#active < PARALLEL) {
      const id = this.#ready.shift();
      if (id === undefined) return;
      const job = this.#lanes.get(id)?.[0];
      if (!job) continue;
      this.#active += 1;
      void this.#attempt(job).finally(() => {
        this.#active -= 1;
        const lane = this.#lanes.get(id);
        lane?.shift();
        if (lane && lane.length > 0) this.#ready.push(id);
        else this.#lanes.delete(id);
        this.#pump();
      });
    }
  }

  async #attempt(job: Job): Promise<void> {
    job.tries += 1;
    const problem = await this.#post(job);
    if (this.#abort.signal.aborted) return;
    const delayMs = (this.#options.retryDelaysMs ?? RETRY_DELAYS_MS)[job.tries - 1];
    if (problem === null || delayMs === undefined) {
      this.#queued -= 1;
      if (this.#queued < QUEUE_MAX / 2) this.#hasWarned = false;
      if (problem !== null)
        this.#options.log(`Gave up telling of email.${job.event.type} after ${job.tries} tries: ${problem}`);
      job.onResult({ webhook: problem === null ? "delivered" : "given_up", webhookTries: job.tries });
      return;
    }
    job.onResult({ webhook: "waiting", webhookTries: job.tries });
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#enqueue(job);
    }, delayMs);
    this.#timers.add(timer);
  }

  /** Null when the application answered 2xx, else what went wrong. */
  async #post({ mail, index, event }: Job): Promise<string | null> {
    const { url } = this.#options;
    if (url === null || !this.#signer) return "no address";
    const body = JSON.stringify(webhookPayload(mail, event));
    const id = webhookId(mail.id, index);
    const now = new Date();
    try {
      const response = await fetch(url, {
        method: "POST",
        redirect: "manual",
        signal: AbortSignal.any([this.#abort.signal, AbortSignal.timeout(TIMEOUT_MS)]),
        headers: {
          "content-type": "application/json",
          "user-agent": "latchkey-local-mail",
          "svix-id": id,
          "svix-timestamp": String(Math.floor(now.getTime() / 1000)),
          "svix-signature": this.#signer.sign(id, now, body),
        },
        body,
      });
      await response.body?.cancel();
      return response.ok ? null : `${url} answered ${response.status}`;
    } catch (error) {
      return error instanceof Error ? `${url}: ${describe(error)}` : String(error);
    }
  }
}

function createSigner(secret: string | null): Webhook {
  if (!secret) throw new Error("--webhook-url needs RESEND_WEBHOOK_SECRET (whsec_…) to sign with.");
  if (!/^whsec_[A-Za-z0-9+/]{16,}={0,2}$/.test(secret)) {
    throw new Error("RESEND_WEBHOOK_SECRET must be whsec_ followed by base64.");
  }
  return new Webhook(secret);
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error;
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
}

/** The same event has the same id on every try, after a restart too: what a receiver recognises a replay by. */
export function webhookId(mailId: string, index: number): string {
  return `msg_${createHash("sha256").update(`${mailId}/${index}`).digest("base64url").replace(/[-_]/g, "0").slice(0, 27)}`;
}

/** Resend's event, as documented (resend.com/docs/webhooks/emails). */
export function webhookPayload(mail: Mail, event: MailEvent) {
  return {
    type: `email.${event.type}`,
    created_at: event.at,
    data: {
      created_at: mail.receivedAt,
      email_id: mail.id,
      message_id: mail.messageId,
      from: mail.from,
      to: mail.to,
      subject: mail.subject,
      ...(mail.tags.length > 0
        ? { tags: Object.fromEntries(mail.tags.map(({ name, value }) => [name, value])) }
        : {}),
      ...detailOf(event),
    },
  };
}

function detailOf({ type, isSoft }: MailEvent): object {
  switch (type) {
    case "bounced":
      return {
        bounce: isSoft
          ? { type: "Transient", subType: "MailboxFull", message: "The mailbox of the recipient is full." }
          : {
              type: "Permanent",
              subType: "General",
              message: "The recipient's mail server refused the mail for good.",
            },
      };
    case "suppressed":
      return {
        suppressed: { type: "OnAccountSuppressionList", message: "The address is on the suppression list." },
      };
    case "failed":
      return { failed: { reason: "provider_error" } };
    default:
      return {};
  }
}
