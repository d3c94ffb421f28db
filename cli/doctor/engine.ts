// Is the engine there, does it take our keys, does it know the app, and does the app know the same key? By the calls
// that any engine answers: Inngest Cloud, a server of one's own, the Dev Server, ours.
import { createHmac } from "node:crypto";
import { hashSigningKey, SIGNING_KEY_PREFIX } from "@/inngest/signing-key";
import { type Asked, ask, entriesOf, textOf } from "./ask";
import type { Variables } from "./environment";
import { type Finding, ok, problem, warning } from "./finding";

const CLOUD = { api: "https://api.inngest.com", events: "https://inn.gs" };
/** The id of inngest/client.ts. */
const APP_ID = "latchkey";

/** Never throws, and changes nothing: an empty list of events is sent, no app is registered. */
export async function checkEngine(variables: Variables): Promise<Finding[]> {
  const { INNGEST_BASE_URL, INNGEST_DEV, INNGEST_EVENT_KEY, INNGEST_SIGNING_KEY } = variables;
  const own = (INNGEST_BASE_URL || (INNGEST_DEV?.startsWith("http") ? INNGEST_DEV : undefined))?.replace(
    /\/+$/,
    "",
  );
  if (!own && !INNGEST_SIGNING_KEY && !INNGEST_DEV) return [];
  const { api, events } = own ? { api: own, events: own } : CLOUD;
  const signingKey = INNGEST_DEV ? undefined : INNGEST_SIGNING_KEY;
  const headers = signingKey ? { authorization: `Bearer ${hashSigningKey(signingKey)}` } : {};
  const list = await ask(`${api}/v1/events?limit=1`, { headers });
  if (list.status === null) return judgeEngine(list, api);
  const eventKey = INNGEST_DEV ? "dev" : (INNGEST_EVENT_KEY ?? "");
  const [event, apps, app] = await Promise.all([
    ask(`${events}/e/${encodeURIComponent(eventKey)}`, { method: "POST", json: [] }),
    ask(`${api}/v2/apps`, { headers }),
    askApp(variables.APP_URL, signingKey),
  ]);
  return [
    ...judgeEngine(list, api),
    judgeEventKey(event),
    judgeApps(apps, variables.APP_URL),
    ...(app === null ? [] : [judgeApp(app)]),
  ];
}

/** What the engine said to our signing key. */
export function judgeEngine(asked: Asked, api: string): Finding[] {
  if (asked.status === null)
    return [
      problem(
        "engine",
        `It does not answer at ${api} (${asked.why}).`,
        "Check INNGEST_BASE_URL and that it runs; on this machine npm start runs one. Mails are sent inside the requests meanwhile.",
      ),
    ];
  const reached = ok("engine", `It answers at ${api}.`);
  if (asked.status === 200) return [reached, ok("engine", "It takes the signing key.")];
  if (asked.status === 401 || asked.status === 403)
    return [
      reached,
      problem(
        "engine",
        "It does not know the signing key.",
        "Set INNGEST_SIGNING_KEY to the one that the engine was started with or, at Inngest Cloud, shows under Signing Key.",
      ),
    ];
  return [
    reached,
    warning(
      "engine",
      `It answered ${asked.status} where it lists events, so the signing key is not proven.`,
      "Check that INNGEST_BASE_URL names an Inngest server and nothing before it.",
    ),
  ];
}

/** What it said to no events at all, under our event key. */
export function judgeEventKey(asked: Asked): Finding {
  if (asked.status === 401 || asked.status === 403)
    return problem(
      "engine",
      "It does not know the event key.",
      "Set INNGEST_EVENT_KEY to one that the engine was started with or, at Inngest Cloud, shows under Event Keys.",
    );
  // 400: it knows the key and minds that the list is empty.
  if (asked.status === 200 || asked.status === 400) return ok("engine", "It takes the event key.");
  return warning(
    "engine",
    `It did not take a list of events (${asked.status ?? asked.why}), so the event key is not proven.`,
    "Look into the engine's log.",
  );
}

/** Whether the engine knows our app. */
export function judgeApps(asked: Asked, appUrl = ""): Finding {
  const mend = `Register ${appUrl.replace(/\/+$/, "")}/api/inngest with the engine (Sync app).`;
  if (asked.status !== 200)
    return warning("engine", "It does not tell which apps it knows; its own page does.", mend);
  const app = entriesOf(asked.body).find(
    (entry) =>
      entry !== null && typeof entry === "object" && (Object.values(entry) as unknown[]).some(isOurs),
  );
  if (app === undefined) return problem("engine", "It does not know the app.", mend);
  const error = textOf(app, "error");
  if (error) return problem("engine", `The app is registered, and was not well last time: ${error}`, mend);
  return ok("engine", "The app is registered.");
}

const isOurs = (value: unknown) =>
  value === APP_ID || (typeof value === "string" && value.endsWith(`/${APP_ID}`));

/** What the app says of itself when it is asked as the engine asks. Null: it has no address. */
async function askApp(appUrl: string | undefined, signingKey: string | undefined): Promise<Asked | null> {
  if (!appUrl) return null;
  const headers = signingKey ? { "x-inngest-signature": signNothing(signingKey, Date.now()) } : {};
  return ask(`${appUrl.replace(/\/+$/, "")}/api/inngest`, { headers });
}

export function judgeApp(asked: Asked): Finding {
  if (asked.status === 200) return ok("engine", "The app that runs has the same signing key.");
  if (asked.status === 401)
    return problem(
      "engine",
      "The app that runs has another signing key, or its clock is off by minutes.",
      "Start the app anew with the INNGEST_SIGNING_KEY of this environment.",
    );
  return asked.status === null
    ? warning("engine", `The app does not answer at APP_URL (${asked.why}).`, "Start it, or correct APP_URL.")
    : warning(
        "engine",
        `The app answered ${asked.status} at /api/inngest.`,
        "Check that APP_URL names this app; its log says more.",
      );
}

/** The signature of a request without a body; good for five minutes. */
function signNothing(key: string, nowMs: number): string {
  const seconds = String(Math.floor(nowMs / 1000));
  const mac = createHmac("sha256", key.replace(SIGNING_KEY_PREFIX, "")).update(seconds).digest("hex");
  return `t=${seconds}&s=${mac}`;
}
