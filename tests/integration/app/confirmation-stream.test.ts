// The stream of a confirmation with real SQL and NOTIFY. Its timers are the test's: they fire when the clock has moved.
import postgres from "postgres";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HEARTBEAT_MS, streamConfirmation } from "@/app/_http/confirmation-stream";
import { STREAMS_PER_PERSON } from "@/app/_http/open-streams";
import { type Notifications, openNotifications } from "@/db/notifications";
import { shortenClaimSessionsOf } from "@/db/sessions";
import { CODE_LIFETIME_SECONDS } from "@/domain/confirmation-code";
import type { Confirmation } from "@/domain/confirmation-state";
import { attemptDelivery } from "@/domain/email-delivery";
import { type Registration, registerUser } from "@/domain/registration";
import { RESEND_COOLDOWN_SECONDS } from "@/domain/resend-policy";
import { authenticateAccessToken, endSession, refreshSession, revokeByRefreshToken } from "@/domain/tokens";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const database = useTestDatabase();
const services = useTestServices(database);
let notifications: Notifications;
const ends: (() => void)[] = [];
beforeEach(() => {
  notifications = openNotifications(database.url, { info: () => {}, warn: () => {} });
});
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await notifications.close();
});

type Timer = { at: number; call: () => void };

/** What a stream has said so far, and its timers. */
class Listener {
  readonly timers = new Set<Timer>();
  said = "";
  isEnded = false;

  constructor({ user }: Registration, authenticate: () => Promise<unknown>) {
    const stop = new AbortController();
    ends.push(() => stop.abort());
    const stream = streamConfirmation(
      {
        services: {
          ...services,
          get db() {
            return services.db;
          },
          notifications,
        },
        userId: user.id,
        language: "en",
        authenticate,
        after: (ms, call) => {
          const timer = { at: services.clock().getTime() + ms, call };
          this.timers.add(timer);
          return () => this.timers.delete(timer);
        },
      },
      stop.signal,
    );
    void this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.said += decoder.decode(chunk);
    this.isEnded = true;
  }

  get events(): Confirmation[] {
    return [...this.said.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data) as Confirmation);
  }

  /** Time passes, and what was to be done by then is done. */
  pass(seconds: number): void {
    services.pass(seconds);
    for (const timer of this.timers)
      if (timer.at <= services.clock().getTime()) {
        this.timers.delete(timer);
        timer.call();
      }
  }
}

/** As if the news of it were lost. */
async function revokeUntold(sessionId: string): Promise<void> {
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`update sessions set revoked_at = now() where id = ${sessionId}`;
  });
  await sql.end();
}

const PATIENT = { timeout: 20_000 };

/** Listens, with the first event told and the listening begun. */
async function listen(
  registration: Registration,
  token = registration.session.tokens.access_token,
): Promise<Listener> {
  const listener = new Listener(registration, () => authenticateAccessToken(services, token));
  await expect.poll(() => listener.events.length, PATIENT).toBe(1);
  return listener;
}

describe("a session that ends", () => {
  test("ends its stream at once, by whatever way it ends, and nothing is told to it any more", async () => {
    for (const finish of [
      ({ session }: Registration) => revokeByRefreshToken(services, session.tokens.refresh_token),
      ({ session }: Registration) => endSession(services, session.identity.sessionId),
      ({ user }: Registration) => shortenClaimSessionsOf(services.db, user.id, services.clock()),
    ]) {
      const registration = await registerUser(services, someone());
      const listener = await listen(registration);
      await finish(registration);
      await expect.poll(() => listener.isEnded, PATIENT).toBe(true);
      await attemptDelivery(services, registration.deliveryId);
      expect(listener.events).toHaveLength(1);
      expect(listener.timers.size).toBe(0);
    }
  });

  test("is looked after before every event, also where nobody told of its end", async () => {
    const registration = await registerUser(services, someone());
    const listener = await listen(registration);
    await revokeUntold(registration.session.identity.sessionId);
    await attemptDelivery(services, registration.deliveryId);
    await expect.poll(() => listener.isEnded, PATIENT).toBe(true);
    expect(listener.events).toHaveLength(1);
  });

  test("ends a stream in which nothing happens at the next heartbeat at the latest", async () => {
    const registration = await registerUser(services, someone());
    const listener = await listen(registration);
    listener.pass(HEARTBEAT_MS / 1000);
    await expect.poll(() => listener.said, PATIENT).toContain("\n\nevent: heartbeat\ndata:\n\n");
    expect(listener.isEnded).toBe(false);
    await revokeUntold(registration.session.identity.sessionId);
    listener.pass(HEARTBEAT_MS / 1000);
    await expect.poll(() => listener.isEnded, PATIENT).toBe(true);
  });

  test("does not end the stream of another session of the same person", async () => {
    const registration = await registerUser(services, someone());
    const other = await registerUser(services, someone());
    const listener = await listen(registration);
    await endSession(services, other.session.identity.sessionId);
    await attemptDelivery(services, registration.deliveryId);
    await expect.poll(() => listener.events.at(-1)?.delivery?.status, PATIENT).toBe("sent");
    expect(listener.isEnded).toBe(false);
  });
});

test("ASVS 15.2.2: somebody who opens more and more streams has the oldest ended, and nobody else has", async () => {
  const [one, another] = [await registerUser(services, someone()), await registerUser(services, someone())];
  const others = await listen(another);
  const mine: Listener[] = [];
  for (let count = 0; count < STREAMS_PER_PERSON + 2; count++) mine.push(await listen(one));
  await expect.poll(() => mine.filter(({ isEnded }) => isEnded).length, PATIENT).toBe(2);
  expect(mine.slice(0, 2).every(({ isEnded }) => isEnded)).toBe(true);
  // All that are left are told.
  await attemptDelivery(services, one.deliveryId);
  for (const listener of mine.slice(2))
    await expect.poll(() => listener.events.length, PATIENT).toBeGreaterThan(1);
  expect(others.isEnded).toBe(false);
});

describe("what time alone changes", () => {
  test("is told when it happens: that another mail may be asked for, that the code has expired", async () => {
    const registration = await registerUser(services, someone());
    services.pass(10);
    await attemptDelivery(services, registration.deliveryId);
    const listener = await listen(registration);
    expect(listener.events.at(-1)?.resend).toMatchObject({ allowed: false, reason: "cooldown" });

    listener.pass(RESEND_COOLDOWN_SECONDS[0] - 1);
    listener.pass(2);
    await expect.poll(() => listener.events.at(-1)?.resend.allowed, PATIENT).toBe(true);

    expect(listener.events).toHaveLength(2);

    // The code outlives a stream: the page comes back meanwhile.
    services.pass(CODE_LIFETIME_SECONDS - RESEND_COOLDOWN_SECONDS[0] - 10);
    const tokens = await refreshSession(services, registration.session.tokens.refresh_token);
    const later = await listen(registration, tokens.access_token);
    expect(later.events.at(-1)?.code.tries_left).toBe(5);
    later.pass(10);
    await expect.poll(() => later.events.at(-1)?.code.tries_left, PATIENT).toBe(0);
  });
});
