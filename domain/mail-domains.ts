// Does a domain take mail at all? DNS knows, mostly, and slowly at times: whatever it does not say clearly and soon
// counts as yes (fail open), because a person is waiting and a mail that comes back is no disaster.
import { Resolver } from "node:dns/promises";

export type MailDomains = {
  /** False only when DNS says that nobody takes mail for this (ASCII) domain. Never rejects; settles within LOOKUP_MS. */
  takesMail(domain: string): Promise<boolean>;
};

/** What DNS is asked through; tests bring their own. Both reject with Node's DNS error codes. */
export type Lookups = {
  resolveMx(domain: string): Promise<{ exchange: string }[]>;
  /** Addresses of both families: a domain without MX takes mail at its own address (RFC 5321 5.1). */
  resolveAddresses(domain: string): Promise<string[]>;
  /** What every resolver of the internet knows: who serves "com". */
  resolveKnown(): Promise<unknown>;
};

/** A registration must answer within a second whatever DNS does (promise P1). */
const LOOKUP_MS = 400;
const REMEMBER_MS = 10 * 60_000;
const REMEMBERED_MAX = 1_000;
/** For documentation, tests and this machine only (RFC 2606, RFC 6761): DNS does not know them, a local inbox does. */
const RESERVED = /(^|\.)(test|example|localhost|local)$/;

export function createMailDomains(lookups: Lookups = askDns(), nowMs: () => number = Date.now): MailDomains {
  const remembered = new Map<string, { takesMail: boolean; untilMs: number }>();
  return {
    async takesMail(domain) {
      if (RESERVED.test(domain)) return true;
      const known = remembered.get(domain);
      if (known && known.untilMs > nowMs()) return known.takesMail;
      const takesMail = await withinLimit(ask(lookups, domain));
      if (takesMail === "unknown") return true;
      // The oldest goes first; what is asked often comes back at once.
      const [oldest] = remembered.keys();
      if (oldest !== undefined && remembered.size >= REMEMBERED_MAX) remembered.delete(oldest);
      remembered.set(domain, { takesMail, untilMs: nowMs() + REMEMBER_MS });
      return takesMail;
    },
  };
}

type Verdict = boolean | "unknown";

async function ask(lookups: Lookups, domain: string): Promise<Verdict> {
  const verdict = await askForMail(lookups, domain);
  if (verdict !== false) return verdict;
  // A resolver of a closed network says "no such domain" to everything; it must not turn everybody away.
  return lookups.resolveKnown().then(
    () => false,
    () => "unknown",
  );
}

async function askForMail(lookups: Lookups, domain: string): Promise<Verdict> {
  try {
    const exchanges = await lookups.resolveMx(domain);
    // A null MX says that the domain takes no mail, in so many words (RFC 7505).
    if (exchanges.some(({ exchange }) => exchange !== "" && exchange !== ".")) return true;
    if (exchanges.length > 0) return false;
  } catch (error) {
    if (!saysNothingThere(error)) return "unknown";
  }
  try {
    return (await lookups.resolveAddresses(domain)).length > 0;
  } catch (error) {
    return saysNothingThere(error) ? false : "unknown";
  }
}

/** No such domain, or no record of that kind. Everything else (timeouts, SERVFAIL, refused) tells nothing. */
function saysNothingThere(error: unknown): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code === "ENOTFOUND" || code === "ENODATA";
}

async function withinLimit(asking: Promise<Verdict>): Promise<Verdict> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<Verdict>((resolve) => {
    timer = setTimeout(() => resolve("unknown"), LOOKUP_MS);
  });
  const verdict = await Promise.race([asking, limit]);
  clearTimeout(timer);
  return verdict;
}

function askDns(): Lookups {
  const resolver = new Resolver({ timeout: LOOKUP_MS, tries: 1 });
  return {
    resolveMx: (domain) => resolver.resolveMx(domain),
    async resolveAddresses(domain) {
      const [v4, v6] = await Promise.allSettled([resolver.resolve4(domain), resolver.resolve6(domain)]);
      if (v4.status === "fulfilled") return v4.value;
      if (v6.status === "fulfilled") return v6.value;
      // "Nothing there" counts only when both families say so.
      throw saysNothingThere(v4.reason) ? v6.reason : v4.reason;
    },
    resolveKnown: () => resolver.resolveNs("com"),
  };
}
