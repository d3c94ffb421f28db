// Would the product start with this environment, as it would in production? By env.ts itself; never tells a value.
import { checkEnv, EnvironmentError } from "../../env";
import { isLoopback } from "../../env-rules";
import { type Finding, ok, problem, warning } from "./finding";

export type Variables = Record<string, string | undefined>;

/** Each complaint of env.ts is a problem of its own; without one, what works only on this machine is a warning. */
export async function checkEnvironment(variables: Variables): Promise<Finding[]> {
  try {
    const env = await checkEnv({ ...variables, NODE_ENV: "production" });
    const findings = [
      ok("environment", "Every variable that is needed is set, and none is malformed or weak."),
    ];
    if (env.RATE_LIMITS === "off")
      findings.push(
        warning(
          "environment",
          "RATE_LIMITS is off: nothing stops a script.",
          "Unset it, except for benchmarks.",
        ),
      );
    if (env.EMAIL_MODE === "sync")
      findings.push(
        warning(
          "environment",
          "EMAIL_MODE is sync: mails are sent inside the requests, and not tried again by the engine's schedule.",
          "Unset it once the engine is well.",
        ),
      );
    if (isLoopback(env.APP_URL))
      findings.push(ok("environment", `APP_URL is on this machine (${new URL(env.APP_URL).origin}).`));
    return findings;
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return listComplaints(error.message).map((complaint) =>
      problem(
        "environment",
        `${complaint}.`,
        "Set it in .env.local or the environment; for the product on this machine run npm start first.",
      ),
    );
  }
}

/** The lines of env.ts' one message, without its headline. */
function listComplaints(message: string): string[] {
  return message
    .split("\n")
    .slice(1)
    .map((line) => line.trim());
}
