// What DNS says of the sender's domain, so that mails are not taken for spam: SPF (RFC 7208), DKIM (RFC 6376), DMARC
// (RFC 7489). Judging is pure; asking has a time limit.
import { Resolver } from "node:dns/promises";
import { type Finding, ok, problem, warning } from "./finding";

/** Records of a name, each in one piece; null when DNS did not answer. */
export type Lookup = (name: string) => Promise<string[] | null>;

const TIMEOUT_MS = 2_000;
/** For documentation, tests and this machine only (RFC 2606, RFC 6761). */
const RESERVED = /(^|\.)(test|example|invalid|localhost|local)$|(^|\.)example\.(com|net|org)$/;
/** Where Resend puts the key and its return path (resend.com/docs/dashboard/domains/introduction). */
const RESEND = { selector: "resend", returnPath: "send" };
/** A selector is free to choose; these are the ones that common servers and providers choose. */
const USUAL_SELECTORS = ["default", "mail", "dkim", "s1", "s2", "selector1", "selector2", "k1", "google"];

/** Asks the resolver of this machine. */
export function lookUpTexts(): Lookup {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 });
  return async (name) => {
    let timer: NodeJS.Timeout | undefined;
    // With several servers each has the resolver's timeout; this one is for all of them.
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), TIMEOUT_MS * 1.5);
    });
    try {
      const records = resolver.resolveTxt(name).then((found) => found.map((pieces) => pieces.join("")));
      return await Promise.race([records, late]);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code === "ENOTFOUND" || code === "ENODATA" ? [] : null;
    } finally {
      clearTimeout(timer);
      resolver.cancel();
    }
  };
}

/** A resolver of a closed network says "no such domain" to everything: whoever knows no "com" knows nothing. */
function askForCom(): Promise<boolean> {
  return new Resolver({ timeout: TIMEOUT_MS, tries: 1 }).resolveNs("com").then(
    () => true,
    () => false,
  );
}

/** Never throws. `domain`: what stands behind the @ of EMAIL_FROM. */
export async function checkDomain(
  domain: string,
  usesResend: boolean,
  // A resolver for each question: cancelling one's questions ends all of its own.
  lookUp: Lookup = (name) => lookUpTexts()(name),
  knowsInternet: () => Promise<boolean> = askForCom,
): Promise<Finding[]> {
  if (RESERVED.test(domain))
    return [ok("mail", `${domain} is for tests and this machine; DNS has nothing to say of it.`)];
  const selectors = usesResend ? [RESEND.selector] : USUAL_SELECTORS;
  const [own, path, keys, policies] = await Promise.all([
    lookUp(domain),
    usesResend ? lookUp(`${RESEND.returnPath}.${domain}`) : [],
    Promise.all(selectors.map((selector) => lookUp(`${selector}._domainkey.${domain}`))),
    Promise.all(policyNames(domain).map(lookUp)),
  ]);
  const isAllEmpty = [own, path, ...keys, ...policies].every((texts) => texts?.length === 0);
  if (isAllEmpty && !(await knowsInternet()))
    return [
      warning(
        "mail",
        "DNS here does not know the internet, so SPF, DKIM and DMARC are not known.",
        "Ask from another network.",
      ),
    ];
  return [judgeSpf(domain, own, path), judgeDkim(domain, usesResend, keys), judgeDmarc(domain, policies)];
}

const silent = (what: string): Finding =>
  warning("mail", `DNS did not answer, so ${what} is not known.`, "Try again, or ask from another network.");

/** `own`: texts at the domain; `path`: at the provider's return path, which is what a receiver checks there. */
export function judgeSpf(domain: string, own: string[] | null, path: string[] | null): Finding {
  if (own === null || path === null) return silent("SPF");
  const isSpf = (text: string) => /^v=spf1( |$)/i.test(text);
  const [first, ...more] = own.filter(isSpf);
  if (more.length > 0)
    return problem(
      "mail",
      `${domain} has ${more.length + 1} SPF records, which counts as an error (RFC 7208, 4.5).`,
      "Merge them into one.",
    );
  const record = path.find(isSpf) ?? first;
  if (record === undefined)
    return warning(
      "mail",
      `${domain} has no SPF record.`,
      `Publish a TXT record that names who sends for it, such as "v=spf1 include:<provider> -all".`,
    );
  if (/(^| )\+?all( |$)/i.test(record))
    return problem(
      "mail",
      `The SPF record of ${domain} lets everybody send for it.`,
      'End it with "-all" or "~all".',
    );
  return ok("mail", `${domain} has an SPF record.`);
}

export function judgeDkim(domain: string, usesResend: boolean, answers: (string[] | null)[]): Finding {
  const hasKey = answers.some((texts) => texts?.some((text) => /(^|;)\s*p=[A-Za-z0-9+/]/.test(text)));
  if (hasKey) return ok("mail", `${domain} has a DKIM key.`);
  if (answers.includes(null)) return silent("DKIM");
  return usesResend
    ? problem(
        "mail",
        `${domain} has no DKIM key of Resend's.`,
        `Publish the record that Resend shows for the domain, at ${RESEND.selector}._domainkey.${domain}.`,
      )
    : warning(
        "mail",
        `${domain} has no DKIM key under the usual selectors.`,
        "Let your mail server sign and publish its key; under another selector it is fine as it is.",
      );
}

/** A domain without a policy takes its parent's (RFC 7489, 6.6.3). */
export function policyNames(domain: string): string[] {
  const labels = domain.split(".");
  const parents = labels.slice(0, -1).map((_, index) => labels.slice(index).join("."));
  return parents.map((name) => `_dmarc.${name}`);
}

/** `answers`: what DNS has at policyNames(), in their order. */
export function judgeDmarc(domain: string, answers: (string[] | null)[]): Finding {
  for (const texts of answers) {
    if (texts === null) return silent("DMARC");
    const policies = texts.filter((text) => /^v=DMARC1\s*(;|$)/i.test(text));
    if (policies.length > 1)
      return problem(
        "mail",
        `${domain} has ${policies.length} DMARC records, so that none of them counts (RFC 7489, 6.6.3).`,
        "Keep one.",
      );
    const [policy] = policies;
    if (policy === undefined) continue;
    const word = /;\s*p=(\w+)/i.exec(policy)?.[1]?.toLowerCase();
    if (word === "quarantine" || word === "reject")
      return ok("mail", `${domain} has a DMARC policy (${word}).`);
    return word === "none"
      ? ok("mail", `${domain} has a DMARC policy that only watches (none).`)
      : problem(
          "mail",
          `The DMARC record of ${domain} has no policy.`,
          'Give it one, such as "p=quarantine".',
        );
  }
  return warning(
    "mail",
    `${domain} has no DMARC policy; Gmail and Yahoo ask for one of who sends much.`,
    `Publish a TXT record at _dmarc.${domain}, such as "v=DMARC1; p=quarantine".`,
  );
}
