import { useEffect, useState } from "react";
import { postJson } from "./api-client";
import { CODE_LENGTH } from "./code-digits";
import { replaceWith } from "./go-to";
import { forgetDraft } from "./register-draft";

/** A confirmation by another tab or device: long enough to read that it happened, and for its cookie to arrive. */
const MOVE_ON_MS = 1_200;
/** From one try to the next while nobody answers, unless the browser says that its network is back. */
const TRY_AGAIN_MS = 3_000;
/** Of what this browser was before. The tab where the code was typed may be about to bring its next session. */
const TRIES_AS_NOBODY = 3;

/**
 * Once `isDue`, goes on to the account of the registration that `mailId` is of. True while our server cannot be reached:
 * the page then stays, because in its place the browser would show that there is no connection, and goes on as soon as
 * there is one. `readCode`: what stands in the code's field, which may have been right, and its answer lost. `onOther`:
 * the browser has somebody else's session by now, and the page stays for that too.
 */
export function useMoveOn(
  isDue: boolean,
  { mailId, readCode, onOther }: { mailId: string | undefined; readCode: () => string; onOther: () => void },
): boolean {
  const [isHeldUp, setHeldUp] = useState(false);
  useEffect(() => {
    if (!isDue) return;
    forgetDraft();
    let isTrying = false;
    let isOver = false;
    let asNobody = 0;
    let timer = setTimeout(goOn, MOVE_ON_MS);
    addEventListener("online", goOn);

    async function goOn(): Promise<void> {
      if (isTrying || isOver) return;
      clearTimeout(timer);
      isTrying = true;
      const answer = await exchangeSession(mailId, readCode());
      isTrying = false;
      if (isOver) return;
      if (answer === "account") return replaceWith("/account");
      // The server knows best what this browser is to be told.
      if (answer === "nobody" && ++asNobody >= TRIES_AS_NOBODY) return replaceWith("/confirm");
      if (answer === "other") onOther();
      else if (answer === null) setHeldUp(true);
      timer = setTimeout(goOn, TRY_AGAIN_MS);
    }

    return () => {
      isOver = true;
      clearTimeout(timer);
      removeEventListener("online", goOn);
    };
  }, [isDue, mailId, readCode, onOther]);
  return isHeldUp;
}

/**
 * Confirmed on another device, this browser still has the claim's session, and changes it for a full one; in another
 * tab, it has a full one already, and is refused. Either way the account is next. Confirmed with the code that stands
 * here, it gets what it was answered then. `nobody`: its session has ended. Null: nobody answered.
 */
async function exchangeSession(
  mailId: string | undefined,
  code: string,
): Promise<"account" | "nobody" | "other" | null> {
  if (code.length === CODE_LENGTH) {
    const again = await postJson("/api/v1/usr/confirm-email", { code, delivery_id: mailId });
    if (again.outcome === "done") return "account";
    if (again.outcome === "unreachable") return null;
  }
  const result = await postJson("/api/v1/usr/confirmation/continue", { delivery_id: mailId });
  if (result.outcome === "unreachable") return null;
  if (result.outcome === "done") return "account";
  const { code: why } = result.problem;
  if (why === "other_registration") return "other";
  return why === "not_signed_in" || why === "invalid_token" ? "nobody" : "account";
}
