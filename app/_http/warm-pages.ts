// The pages that people come to first, asked for once when a process starts: a page's code is loaded and compiled at its
// first request, which would be somebody's. Next can load it beforehand, and then loads that of every call of the API
// too, a copy of nearly everything for each (docs/decisions/033).
import { randomUUID } from "node:crypto";
import { get, type IncomingMessage } from "node:http";

export const PAGES = [
  "/",
  "/register",
  "/confirm",
  "/confirm/link",
  "/not-me",
  "/sign-in",
  "/account",
  "/ops/sign-in",
];
/** Together: a process does not wait longer with being ready. */
const LIMIT_MS = 10_000;

const HEADER = "x-latchkey-warm-up";
const shared = globalThis as typeof globalThis & { latchkeyWarmWord?: string };

/** Nobody's request, which is neither counted nor traced: it has a word that only this process knows. */
export const isWarmUp = ({ headers }: IncomingMessage): boolean =>
  shared.latchkeyWarmWord !== undefined && headers[HEADER] === shared.latchkeyWarmWord;

/** Never rejects: a page that could not be asked for on `port` of this machine is loaded when somebody asks. */
export async function warmPages(port: number, limitMs = LIMIT_MS): Promise<void> {
  const signal = AbortSignal.timeout(limitMs);
  for (const page of PAGES) await ask(port, page, signal);
}

function ask(port: number, path: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    shared.latchkeyWarmWord ??= randomUUID();
    const headers = { [HEADER]: shared.latchkeyWarmWord };
    const request = get({ host: "127.0.0.1", port, path, headers, signal, agent: false }, (response) => {
      response.resume().once("close", resolve);
    });
    request.once("error", () => resolve());
  });
}
