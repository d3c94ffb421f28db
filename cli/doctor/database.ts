// Is the database there, new enough, up to date, and in time with us?
import { readServerFacts, type ServerFacts } from "../../db/server-facts";
import { type Finding, ok, problem, warning } from "./finding";

/** The oldest that gets fixes: 14 ended on 12 November 2026 (postgresql.org/support/versioning). */
const VERSION_MIN = 15;
/** Leases and due times are compared across machines; an engine is exact to a second. */
const SKEW_WARNING_MS = 1_000;
/** Beyond this, one process takes a mail over that another one is still sending: leases last longer by 15 s. */
const SKEW_PROBLEM_MS = 15_000;
const TIMEOUT_MS = 5_000;

/** Never throws. Nothing to say without an address: the environment's part has said so. */
export async function checkDatabase(url: string | undefined): Promise<Finding[]> {
  if (!url) return [];
  try {
    return judgeDatabase(await readServerFacts(url, TIMEOUT_MS));
  } catch (error) {
    return [unreachable(error)];
  }
}

export function judgeDatabase({ versionNumber, aheadMs, uncertainMs, migrations }: ServerFacts): Finding[] {
  const version = `${Math.floor(versionNumber / 10_000)}.${versionNumber % 10_000}`;
  return [
    ok("database", "It answers."),
    versionNumber >= VERSION_MIN * 10_000
      ? ok("database", `Postgres ${version}.`)
      : warning(
          "database",
          `Postgres ${version} gets no more fixes.`,
          `Move to Postgres ${VERSION_MIN} or later.`,
        ),
    judgeMigrations(migrations),
    judgeClock(aheadMs, uncertainMs),
  ];
}

function judgeMigrations({ missing, applied, unknown }: ServerFacts["migrations"]): Finding {
  if (missing > 0)
    return problem(
      "database",
      `${missing} of ${missing + applied} migrations are not applied.`,
      "Run npm run db:migrate.",
    );
  if (unknown > 0)
    return warning(
      "database",
      `All ${applied} migrations are applied, and ${unknown} that this version does not know.`,
      "Newer code was here: update this one.",
    );
  return ok("database", `All ${applied} migrations are applied.`);
}

function judgeClock(aheadMs: number, uncertainMs: number): Finding {
  const offMs = Math.max(0, Math.abs(aheadMs) - uncertainMs);
  const says = `Its clock is ${(Math.abs(aheadMs) / 1000).toFixed(2)} s ${aheadMs < 0 ? "behind" : "ahead of"} this machine's.`;
  const mend = "Let both machines take their time from the network (NTP).";
  if (offMs > SKEW_PROBLEM_MS) return problem("database", says, mend);
  return offMs > SKEW_WARNING_MS ? warning("database", says, mend) : ok("database", says);
}

/** SQLSTATEs of a server that answers and does not let us in (28: authorization, 3D: no such database). */
const REFUSED = /^(28...|3D...)$/;

function unreachable(error: unknown): Finding {
  const code = error instanceof Error ? String((error as NodeJS.ErrnoException).code ?? "") : "";
  if (REFUSED.test(code))
    return problem(
      "database",
      `It does not let us in (${code}).`,
      "Check user, password and database name in DATABASE_URL.",
    );
  return problem(
    "database",
    `It does not answer (${code || "no answer in time"}).`,
    "Check host and port in DATABASE_URL, and that the server runs and lets this machine in; on this machine npm start runs one.",
  );
}
