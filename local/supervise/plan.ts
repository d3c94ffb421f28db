// What is configured and what is a stand-in (DESIGN.md section 7). Pure.

export type Environment = Record<string, string | undefined>;
export type Plan = {
  postgres: "stand-in" | "configured";
  inngest: "stand-in" | "configured" | "dev-server";
  mail: "stand-in" | "configured";
};

const isSet = (value: string | undefined) => value !== undefined && value.trim() !== "";

/** True for localhost, *.localhost, 127.0.0.0/8 and [::1]; false for what is no URL. */
export function isLoopbackUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const host = new URL(url).hostname;
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    host === "[::1]" ||
    /^127(\.\d{1,3}){3}$/.test(host)
  );
}

/** Whether an address leads to another machine. One that is broken is taken for such a one, as everywhere. */
function isElsewhere(url: string): boolean {
  const hasNoHost = URL.canParse(url) && new URL(url).hostname === ""; // postgres:///database
  return !hasNoHost && !isLoopbackUrl(url);
}

/** Decides for each part. `hasDevServer`: the optional inngest-cli has its binary, and this is `npm run dev`. */
export function choosePlan(environment: Environment, hasDevServer: boolean): Plan {
  const hasEngine =
    isSet(environment.INNGEST_BASE_URL) ||
    isSet(environment.INNGEST_DEV) ||
    (isSet(environment.INNGEST_EVENT_KEY) && isSet(environment.INNGEST_SIGNING_KEY));
  return {
    postgres: isSet(environment.DATABASE_URL) ? "configured" : "stand-in",
    inngest: hasEngine ? "configured" : hasDevServer ? "dev-server" : "stand-in",
    mail: isSet(environment.RESEND_API_KEY) || isSet(environment.SMTP_URL) ? "configured" : "stand-in",
  };
}

/**
 * Whether APP_URL, which is not set, cannot be on loopback: an engine elsewhere could not call the app there, and where
 * nothing is a stand-in and people's data or mails go elsewhere, people come from elsewhere too. Services that are all
 * on this machine, and real ones beside stand-ins, are development.
 */
function lacksAppUrl(environment: Environment, plan: Plan): boolean {
  const { APP_URL, DATABASE_URL = "", INNGEST_BASE_URL = "", INNGEST_DEV } = environment;
  if (isSet(APP_URL) || isSet(INNGEST_DEV) || plan.inngest !== "configured") return false;
  // Without an address it is Inngest Cloud.
  if (!isSet(INNGEST_BASE_URL) || isElsewhere(INNGEST_BASE_URL)) return true;
  if (plan.postgres === "stand-in" || plan.mail === "stand-in") return false;
  return isElsewhere(DATABASE_URL) || sendsElsewhere(environment);
}

function sendsElsewhere({ RESEND_API_KEY, RESEND_BASE_URL = "", SMTP_URL = "" }: Environment): boolean {
  const hasOwnResend = isSet(RESEND_BASE_URL) && !isElsewhere(RESEND_BASE_URL);
  return (isSet(RESEND_API_KEY) && !hasOwnResend) || (isSet(SMTP_URL) && isElsewhere(SMTP_URL));
}

/**
 * What stops the start: stand-ins are for loopback only, and half a configuration is a mistake. Each line names a
 * variable and what to set it to; empty when all is well.
 */
export function listComplaints(environment: Environment, plan: Plan): string[] {
  const complaints: string[] = [];
  const appUrl = environment.APP_URL;
  if (isSet(appUrl) && !URL.canParse(appUrl ?? ""))
    complaints.push(`APP_URL is no address: it should look like https://example.com`);
  const isMissing = lacksAppUrl(environment, plan);
  if (isMissing)
    complaints.push(
      "APP_URL is missing: where people and the engine reach the app, e.g. https://example.com",
    );
  if (isSet(environment.INNGEST_BASE_URL))
    for (const name of ["INNGEST_EVENT_KEY", "INNGEST_SIGNING_KEY"])
      if (!isSet(environment[name]))
        complaints.push(`${name} is missing: INNGEST_BASE_URL is set, and calls to that server need it`);
  if (
    plan.inngest !== "configured" &&
    isSet(environment.INNGEST_EVENT_KEY) !== isSet(environment.INNGEST_SIGNING_KEY)
  )
    complaints.push("INNGEST_EVENT_KEY and INNGEST_SIGNING_KEY belong together: set both or neither");
  if (isSet(appUrl) ? isLoopbackUrl(appUrl ?? "") : !isMissing) return complaints;
  if (plan.postgres === "stand-in")
    complaints.push("DATABASE_URL is missing: postgres://user:password@host/database");
  if (plan.inngest !== "configured")
    complaints.push(
      "INNGEST_EVENT_KEY and INNGEST_SIGNING_KEY are missing (Inngest Cloud), or with them INNGEST_BASE_URL (your own server)",
    );
  if (plan.mail === "stand-in")
    complaints.push("RESEND_API_KEY is missing, or SMTP_URL: smtp://user:password@host:587");
  if (!isSet(environment.APP_SECRET))
    complaints.push("APP_SECRET is missing: 32 characters or more, e.g. from: openssl rand -base64 32");
  if (!isSet(environment.OPS_PASSWORD)) complaints.push("OPS_PASSWORD is missing: the operator's password");
  if (!isSet(environment.EMAIL_FROM))
    complaints.push('EMAIL_FROM is missing: the sender, e.g. "Example <hello@example.com>"');
  return complaints;
}

/** One line that says which parts are real, when they are mixed; null when all are stand-ins or none is. */
export function describeMix(plan: Plan): string | null {
  const real = Object.entries(plan).flatMap(([part, kind]) => (kind === "configured" ? [part] : []));
  const standIns = Object.entries(plan).flatMap(([part, kind]) => (kind === "configured" ? [] : [part]));
  if (real.length === 0 || standIns.length === 0) return null;
  return `Real: ${real.join(", ")}. Stand-ins on this machine: ${standIns.join(", ")}.`;
}

/** Where to look for mails when no stand-in takes them (emails/transports/select.ts). */
export function mailsGoOutBy({ RESEND_API_KEY, SMTP_URL, EMAIL_FAILOVER }: Environment): string {
  const [first, second] =
    EMAIL_FAILOVER === "resend" || !RESEND_API_KEY ? ["SMTP_URL", "Resend"] : ["Resend", "SMTP_URL"];
  return `mails go out by ${first}${EMAIL_FAILOVER && SMTP_URL ? `, or else by ${second}` : ""}`;
}

const RESTART_PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000];
/** A part that ran this long is healthy: its next end begins with the short pause again. */
export const HEALTHY_AFTER_MS = 60_000;

/** The pause before restart number `restarts` (from 0) of a part that keeps ending. */
export function restartPauseMs(restarts: number): number {
  return RESTART_PAUSES_MS[Math.min(restarts, RESTART_PAUSES_MS.length - 1)] ?? 30_000;
}
