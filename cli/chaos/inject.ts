// Breaks things on schedule, and mends them again.
import { setTimeout as delay } from "node:timers/promises";
import type { Part } from "../product/part";
import type { Product } from "../product/product";
import { type Fault, type FaultKind, MAIL_FAULTS } from "./plan";

/** How long a part took from its new start until it was ready, in milliseconds. */
export type Recovery = { part: string; ms: number };
export type Injected = { faults: Fault[]; recoveries: Recovery[] };

/** So many may be down at a time. On a slow machine parts need long to come back, and a plan by the clock would keep all of them down. */
const DOWN_MAX = 2;

/** Settles once the last part is back. Rejects when one does not come back. */
export async function injectFaults(
  product: Product,
  faults: readonly Fault[],
  startedAt: number,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Injected> {
  const result: Injected = { faults: [], recoveries: [] };
  const all: Promise<void>[] = [];
  const underWay = new Map<Part, Promise<void>>();
  const elapsedMs = () => Date.now() - startedAt;
  const tell = (words: string) => say(`${(elapsedMs() / 1000).toFixed(1).padStart(6)} s  ${words}`);

  async function inject(fault: Fault, part: Part): Promise<void> {
    if (fault.kind === "freeze_engine" || fault.kind === "freeze_postgres") {
      tell(`${part.name} falls silent for ${(fault.downMs / 1000).toFixed(1)} s`);
      await part.freeze(fault.downMs);
      return;
    }
    const isAsked = fault.kind === "term_app_a" || fault.kind === "term_app_b";
    tell(isAsked ? `SIGTERM to ${part.name}` : `kill -9 ${part.name}`);
    const ms = await (isAsked ? part.endAndRestart(fault.downMs) : part.killAndRestart(fault.downMs));
    if (signal.aborted) return;
    result.recoveries.push({ part: part.name, ms });
    tell(`${part.name} is back`);
  }

  for (const fault of faults) {
    await delay(Math.max(0, fault.atMs - elapsedMs()), undefined, { signal }).catch(() => {});
    const part = partOf(product, fault.kind);
    while (underWay.size >= DOWN_MAX || underWay.has(part))
      await Promise.race(underWay.values()).catch(() => {});
    if (signal.aborted) break;
    result.faults.push({ ...fault, atMs: elapsedMs() });
    const one = inject(fault, part).finally(() => underWay.delete(part));
    // It is awaited at the end; until then its failure must not end the process by itself.
    one.catch(() => {});
    underWay.set(part, one);
    all.push(one);
  }
  await Promise.all(all);
  return result;
}

function partOf(product: Product, kind: FaultKind): Part {
  switch (kind) {
    case "kill_app_a":
    case "term_app_a":
      return product.apps["app-a"].part;
    case "kill_app_b":
    case "term_app_b":
      return product.apps["app-b"].part;
    case "kill_engine":
    case "freeze_engine":
      return product.engine.part;
    case "kill_postgres":
    case "freeze_postgres":
      return product.postgres.part;
  }
}

/** The provider misbehaves from now on. */
export async function turnFaultDial(mailUrl: string, seed: string): Promise<void> {
  const response = await fetch(`${mailUrl}/_/faults`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ faults: MAIL_FAULTS, seed, draw: "try" }),
  });
  if (!response.ok)
    throw new Error(`The fault dial did not move: ${response.status} ${await response.text()}`);
}

/** How often the provider did what, since the dial was turned. */
export async function readMailFaults(mailUrl: string): Promise<Record<string, number>> {
  const response = await fetch(`${mailUrl}/_/faults`);
  const { injected } = (await response.json()) as { injected: Record<string, number> };
  return injected;
}
