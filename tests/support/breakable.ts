// A product whose database stands behind a gate that tests close, and whose engine they stop.
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "@playwright/test";
import postgres from "postgres";
import { startOwnProduct } from "./own-product";
import { newPerson, register } from "./people";
import type { Product } from "./product";
import { readRunning } from "./running";
import { openTcpGate, type TcpGate } from "./tcp-gate";

export type Breakable = {
  product: Product;
  /** Between the product and its database. */
  gate: TcpGate;
  /** Past the gate. */
  sql: postgres.Sql;
  stop(): Promise<void>;
};

/** Starts one in `.latchkey/<name>`, with a database of this name on the common Postgres. Retries come after 3 s. */
export async function startBreakable(name: string): Promise<Breakable> {
  const common = new URL(readRunning().postgres.url);
  const admin = postgres(common.href, { max: 1, onnotice: () => {} });
  await admin`drop database if exists ${admin(name)} with (force)`;
  await admin`create database ${admin(name)}`;
  await admin.end();
  const gate = await openTcpGate({ host: common.hostname, port: Number(common.port) });
  common.pathname = `/${name}`;
  const sql = postgres(common.href, { max: 1, onnotice: () => {} });
  common.host = `127.0.0.1:${gate.port}`;
  let product: Product | undefined;
  const stop = async () => {
    await product?.stop();
    await sql.end();
    await gate.close();
  };
  try {
    product = await startOwnProduct(name, {
      DATABASE_URL: common.href,
      EMAIL_WATCHDOG_AFTER: "1",
      EMAIL_RETRY_BASE: "3",
      EMAIL_RETRY_MAX: "3",
      RATE_LIMITS: "off",
    });
    // An event that comes before the app's functions are known starts nothing; that is the watchdog's, not these tests'.
    await expect.poll(async () => (await sql`select 1 from inngest.functions`).length).toBeGreaterThan(0);
    return { product, gate, sql, stop };
  } catch (error) {
    // Nobody else can: a test that has not got it cannot stop it.
    await stop();
    throw error;
  }
}

export const signalEngine = (signal: NodeJS.Signals) => process.kill(readRunning().inngest.pid, signal);
export const readAppLog = ({ product }: Breakable) =>
  readFileSync(path.join(product.dir, "logs", "app.log"), "utf8");

export const outcomesOf = async ({ sql }: Breakable, deliveryId: string): Promise<unknown[]> =>
  (await sql`select outcome from delivery_attempts where delivery_id = ${deliveryId} order by number`).map(
    (row) => row.outcome,
  );

export async function statusOf({ sql }: Breakable, deliveryId: string): Promise<string> {
  const [row] = await sql`select status from deliveries where id = ${deliveryId}`;
  return String(row?.status);
}

/**
 * Somebody new whose registration was answered as `isQueued` says. Whether the engine takes an event, or the provider a
 * mail, within the second that an answer has is chance on a busy machine: then another one tries.
 */
export async function registerAs(isQueued: boolean) {
  for (let tries = 0; tries < 8; tries++) {
    const person = newPerson();
    const registered = await register(person);
    if (registered.email_info.email_queued === isQueued) return { person, registered };
  }
  throw new Error(`Nobody's mail was ${isQueued ? "" : "not "}queued`);
}

/** Nothing waits any more: every event is with the engine. */
export async function untilRelayed({ sql }: Breakable): Promise<void> {
  await expect
    .poll(async () => (await sql`select 1 from outbox where published_at is null`).length, {
      timeout: 40_000,
    })
    .toBe(0);
}

/** The engine has run what it was given for this delivery. */
export async function untilRun({ sql }: Breakable, deliveryId: string): Promise<void> {
  await expect
    .poll(
      async () =>
        (
          await sql`select 1 from inngest.runs r join inngest.events e on e.id = r.event_id
            where e.payload like ${`%${deliveryId}%`} and r.status = 'Completed'`
        ).length,
      { timeout: 40_000 },
    )
    .toBe(1);
}
