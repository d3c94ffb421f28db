// What a start waits for besides its parts' own word.
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { say } from "./output";

/** Settles with the address once it answers 200; never rejects, since the part's own time limit ends the wait. */
export async function waitUntilAnswers(url: string): Promise<string> {
  for (;;) {
    const response = await fetch(url, { signal: AbortSignal.timeout(30_000) }).catch(() => null);
    if (response?.ok) return url;
    await delay(50);
  }
}

const SYNC_TIMEOUT_MS = 15_000;

/** An event sent to an engine that does not know the app yet starts nothing: the start is over only after that. */
export async function waitForSync(engineUrl: string, signingKey: string): Promise<void> {
  const [prefix, hex] = [signingKey.replace(/[0-9a-f]+$/, ""), /[0-9a-f]+$/.exec(signingKey)?.[0] ?? ""];
  const bearer = `${prefix}${createHash("sha256").update(Buffer.from(hex, "hex")).digest("hex")}`;
  for (const deadline = Date.now() + SYNC_TIMEOUT_MS; Date.now() < deadline; await delay(100)) {
    const response = await fetch(`${engineUrl}/v2/apps`, {
      headers: { authorization: `Bearer ${bearer}` },
    }).catch(() => null);
    if (response?.ok && /"latchkey"/.test(await response.text())) return;
  }
  say("The engine has not registered the app's functions yet; it goes on trying.");
}

const WARM_TIMEOUT_MS = 10_000;

/** Settles when the app has warmed up: who registers first should not pay for it. At the latest after a while. */
export async function waitUntilWarm(appPort: number, signal: AbortSignal): Promise<void> {
  for (const deadline = Date.now() + WARM_TIMEOUT_MS; Date.now() < deadline; await delay(50)) {
    const response = await fetch(`http://127.0.0.1:${appPort}/api/ready`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
    }).catch(() => null);
    if (response?.ok || signal.aborted) return;
  }
}
