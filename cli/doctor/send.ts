// A mail by the way of every mail: a registration of the doctor's own, whose delivery the running product sends. The
// doctor hands nothing over itself, so what it proves is what people get.
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { explainDelivery } from "../../domain/delivery-facts";
import { isOpen } from "../../domain/delivery-status";
import { maskEmail, normalizeEmail } from "../../domain/email-address";
import { DomainError } from "../../domain/errors";
import { registerUser } from "../../domain/registration";
import type { Services } from "../../domain/services";
import { type Finding, ok, problem, warning } from "./finding";

const POLL_MS = 250;

/**
 * Registers `doctor-…` with this address, and waits up to `patienceSeconds` for its mail. It is an unconfirmed
 * registration like any other: nobody has to type its code, and it ends by itself after a day. Never throws for what a
 * registration can be refused for.
 */
export async function sendByProduct(
  services: Services,
  { to, patienceSeconds }: { to: string; patienceSeconds: number },
): Promise<Finding[]> {
  const email = normalizeEmail(to);
  if (!email) return [problem("send", "That is no address to send to.", "Take another one.")];
  let deliveryId: string;
  try {
    const registration = await registerUser(services, {
      username: `doctor-${randomBytes(6).toString("hex")}`,
      email,
      password: randomBytes(24).toString("base64url"),
    });
    deliveryId = registration.deliveryId;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return [
      problem(
        "send",
        `The registration was refused (${error.code}).`,
        "Take another address, or wait until the limit allows it.",
      ),
    ];
  }
  const deadlineMs = performance.now() + patienceSeconds * 1000;
  const queued = ok("send", `Delivery ${deliveryId} to ${maskEmail(email)} is queued.`);
  for (;;) {
    const finding = await judge(services, deliveryId, performance.now() > deadlineMs);
    if (finding) return [queued, finding];
    await delay(POLL_MS);
  }
}

/** Null while there is something to wait for. */
async function judge(services: Services, deliveryId: string, isLate: boolean): Promise<Finding | null> {
  const known = await explainDelivery(services, deliveryId);
  const explain = `npm run ops -- explain ${deliveryId} tells the story.`;
  if (!known) return problem("send", "The delivery is gone: its registration was removed.", "Try again.");
  const { status, reasonCode } = known.delivery;
  const last = known.attempts.at(-1);
  if (last?.outcome === "withheld")
    return warning(
      "send",
      "No mail went out: the owner of this address has been told today, or asked for none.",
      "Take an address without an account.",
    );
  if (status === "sent" || status === "delivered")
    return ok(
      "send",
      `${last?.provider ?? "The provider"} took the mail at attempt ${last?.number ?? 1} (${status}).`,
    );
  if (!isOpen(status))
    return problem("send", `The mail was not sent: ${status} (${reasonCode ?? "no reason"}).`, explain);
  if (status === "retrying")
    return problem(
      "send",
      `Attempt ${last?.number ?? 1} failed (${reasonCode ?? "no reason"}); the product tries again.`,
      explain,
    );
  if (!isLate) return null;
  return last
    ? warning("send", "The attempt still goes on.", explain)
    : problem(
        "send",
        "Nobody has begun to send it: neither the engine nor a server process.",
        "Start the app (npm start) with this database; the mail then goes out by itself.",
      );
}
