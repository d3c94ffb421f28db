// The first hash, the first render of each mail, the first connections and the first call of the engine cost many times
// the later ones: not at a person's expense. A process is ready only afterwards (readiness.ts).
import { verifySignIn } from "../domain/password";
import { commonPasswords } from "../domain/password-rules";
import { renderEmail } from "../emails/render";
import { LANGUAGES } from "../messages/languages";
import type { ProcessServices } from "../services";
import { warmClient } from "./client";

/** A registration's transaction, and what reads beside it. */
const CONNECTIONS = 3;
const CONNECT_LIMIT_MS = 5_000;

/** Never rejects: without it the first requests are slow, or fail for the same reason. */
export async function warmUp({ log, database }: ProcessServices): Promise<void> {
  try {
    // Parts that are away are no reason to wait: they say so themselves.
    const connecting = Promise.allSettled([
      warmClient(),
      ...Array.from({ length: CONNECTIONS }, () => database.probe(CONNECT_LIMIT_MS)),
    ]);
    await verifySignIn(null, "warm up", 0);
    await commonPasswords();
    // With the links that they have, in every language: how long a first one takes must not tell which it was.
    const url = "https://example.com/";
    for (const language of LANGUAGES) {
      const links = { confirmUrl: url, notMeUrl: url };
      await renderEmail("confirmation", { code: "000000", ...links, language });
      await renderEmail("address_changed", { code: "000000", ...links, language });
      await renderEmail("existing_account", { signInUrl: url, notMeUrl: url, language });
    }
    await connecting;
  } catch (error) {
    log.error(
      { err: error },
      "Warming up failed; the first requests will be slow, or fail for the same reason",
    );
  }
}
