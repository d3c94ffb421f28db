// Two thousand people who leave the confirm page open: what one process keeps for them, and how soon a change shows.
import { type ClientRequest, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { type Figure, quantile } from "./figures";
import { readResidentMb } from "./processes";
import type { Bench, Registered } from "./registration";

const PAGES = 2_000;
const CHANGES = 50;
const PATIENCE_MS = 10_000;

type Page = { person: Registered; seen: number; close(): void; next(): Promise<number> };

export async function measureOpenPages(bench: Bench, people: readonly Registered[]): Promise<Figure[]> {
  const { product, asker, say, signal } = bench;
  const { url, part } = product.apps["app-a"];
  const before = readResidentMb(part.pid());
  say(`${PAGES} pages are opened on one process …`);
  const pages: Page[] = [];
  try {
    for (let index = 0; index < PAGES && !signal.aborted; index += 50) {
      const some = Array.from({ length: Math.min(50, PAGES - index) }, (_, offset) =>
        openPage(url, personAt(people, index + offset)),
      );
      pages.push(...(await Promise.all(some)));
    }
    const resident = readResidentMb(part.pid());
    const shownMs: number[] = [];
    // Each on another claim, by its other process: the change comes to this one through the database alone.
    for (const page of pages.slice(0, CHANGES)) {
      if (signal.aborted) break;
      const shown = page.next();
      const askedAt = performance.now();
      const answer = await asker.ask(`${product.apps["app-b"].url}/api/v1/usr/change-email`, {
        method: "POST",
        token: page.person.token,
        body: { email: `new-${page.person.username}@example.com` },
      });
      if (answer.status !== 202)
        throw new Error(`change-email: ${answer.status} ${answer.body.slice(0, 200)}`);
      shownMs.push((await shown) - askedAt);
    }
    return [
      { name: "pages open on one process", value: pages.length, unit: "" },
      {
        name: "its resident memory",
        value: resident,
        unit: "MB",
        bar: { atMost: 300 },
        note: `${before.toFixed(0)} MB before`,
      },
      { name: "a change shown, p50", value: quantile(shownMs, 50), unit: "ms" },
      {
        name: "a change shown, worst",
        value: Math.max(...shownMs),
        unit: "ms",
        bar: { atMost: 1000 },
        note: `of ${shownMs.length}, made by the other process, the request included`,
      },
    ];
  } finally {
    for (const page of pages) page.close();
    await delay(500);
  }
}

function personAt(people: readonly Registered[], index: number): Registered {
  const person = people[index % people.length];
  if (!person) throw new Error("Nobody has registered.");
  return person;
}

/** Settles once the first state has come. */
function openPage(url: string, person: Registered): Promise<Page> {
  return new Promise((resolve, reject) => {
    let seen = 0;
    let heard: (() => void) | null = null;
    const asking: ClientRequest = request(
      `${url}/api/v1/usr/confirmation/events`,
      { headers: { authorization: `Bearer ${person.token}`, accept: "text/event-stream" }, agent: false },
      (response) => {
        if (response.statusCode !== 200) return reject(new Error(`A page got ${response.statusCode}.`));
        response.on("error", () => {});
        response.setEncoding("utf8").on("data", (text: string) => {
          if (!text.includes("event: confirmation")) return;
          seen++;
          heard?.();
          if (seen === 1) resolve(page);
        });
      },
    );
    const page: Page = {
      person,
      get seen() {
        return seen;
      },
      close: () => asking.destroy(),
      /** When the next state comes, by performance.now(). */
      next: () =>
        new Promise((shown, failed) => {
          const timer = setTimeout(() => failed(new Error("A change was not shown.")), PATIENCE_MS);
          heard = () => {
            clearTimeout(timer);
            heard = null;
            shown(performance.now());
          };
        }),
    };
    asking.on("error", reject);
    asking.end();
  });
}
