import { Inngest } from "inngest";
import type { Services } from "@/domain/services";
import { env } from "@/env";
import { createFunctions } from "@/inngest/functions";
import { hashSigningKey } from "@/inngest/signing-key";
import { type Asked, ask, entriesOf } from "../../doctor/ask";
import { type Command, EXIT, UsageError } from "../command";

const APP_ID = "latchkey";
const CLOUD = "https://api.inngest.com";

/** `isKnown` null: the engine did not tell. */
export type Registered = { id: string; triggers: string[]; retries: number; isKnown: boolean | null };

/** The functions that the engine runs for us. */
export const registered: Command = {
  name: "registered",
  usage: "",
  summary: "the functions that the engine runs, and what starts them",
  help: `Lists the functions of this version with what starts each, and asks the engine which of them it knows. Those that
it runs besides (webhooks, Intercom, canary, where the app has variables that this terminal lacks) are named.
Ends with 1 when it does not answer, refuses the key, or does not know one of them: register the app then.`,
  options: {},
  async run(services, { positionals, output }) {
    if (positionals.length > 0) throw new UsageError("registered takes no arguments.");
    const asked = await askEngine();
    const functions = judgeFunctions(listFunctions(services), asked);
    const width = Math.max(...functions.map(({ id }) => id.length));
    for (const { id, triggers, retries, isKnown } of functions)
      output.say(
        `${id.padEnd(width)}  ${triggers.join(", ")}; ${retries} retries${isKnown === false ? "; NOT KNOWN TO THE ENGINE" : ""}`,
      );
    const others = listOthers(functions, asked);
    if (others.length > 0)
      output.say(
        `\nThe engine runs these for us too, which the settings of this terminal leave out: ${others.join(", ")}.`,
      );
    const engine = describeAnswer(asked);
    if (engine !== "ok") output.say(`\nThe engine does not say which of them it knows: ${engine}.`);
    output.result({ functions, others, engine });
    const isWrong = asked.status === null || asked.status === 401 || asked.status === 403;
    return isWrong || functions.some(({ isKnown }) => isKnown === false) ? EXIT.failed : EXIT.done;
  },
};

/** As this version would register them. */
function listFunctions(services: Services): Omit<Registered, "isKnown">[] {
  const client = new Inngest({ id: APP_ID, isDev: true });
  return createFunctions(client, () => services).map((fn) => ({
    id: fn.id(),
    triggers: (fn.opts.triggers ?? []).map(describeTrigger),
    retries: fn.opts.retries ?? 3,
  }));
}

function describeTrigger(trigger: object): string {
  if ("cron" in trigger) return `cron ${String(trigger.cron)}`;
  return "event" in trigger ? String(trigger.event) : "something else";
}

/** By the call that Inngest's API v2 has for it. */
function askEngine(): Promise<Asked> {
  const { INNGEST_BASE_URL, INNGEST_DEV, INNGEST_SIGNING_KEY } = env();
  const own = INNGEST_BASE_URL ?? (INNGEST_DEV?.startsWith("http") ? INNGEST_DEV : undefined);
  const headers: Record<string, string> =
    INNGEST_SIGNING_KEY && !INNGEST_DEV
      ? { authorization: `Bearer ${hashSigningKey(INNGEST_SIGNING_KEY)}` }
      : {};
  return ask(`${(own ?? CLOUD).replace(/\/+$/, "")}/v2/apps/${APP_ID}/functions`, { headers });
}

/** An engine names a function by its own id or slug, ours at the end of it. */
export function judgeFunctions(
  functions: readonly Omit<Registered, "isKnown">[],
  asked: Asked,
): Registered[] {
  const texts =
    asked.status === 200
      ? entriesOf(asked.body).flatMap((entry) =>
          typeof entry === "object" && entry !== null && Reflect.get(entry, "isArchived") !== true
            ? (Object.values(entry) as unknown[]).filter((value) => typeof value === "string")
            : [],
        )
      : null;
  return functions.map((fn) => ({
    ...fn,
    isKnown: texts?.some((text) => text === fn.id || text.endsWith(`${APP_ID}-${fn.id}`)) ?? null,
  }));
}

/** The engine's names of what is not among ours: what the app has on and this terminal has off. */
export function listOthers(functions: readonly { id: string }[], asked: Asked): string[] {
  if (asked.status !== 200) return [];
  const names = entriesOf(asked.body).flatMap((entry) => {
    if (typeof entry !== "object" || entry === null || Reflect.get(entry, "isArchived") === true) return [];
    const name: unknown = Reflect.get(entry, "slug") ?? Reflect.get(entry, "id");
    return typeof name === "string" ? [name.replace(`${APP_ID}-`, "")] : [];
  });
  // What runs once a function has failed belongs to that function.
  const isOurs = (name: string) => functions.some(({ id }) => name === id || name === `${id}-failure`);
  return names.filter((name) => !isOurs(name)).sort();
}

function describeAnswer(asked: Asked): string {
  if (asked.status === null) return asked.why;
  return asked.status === 200 ? "ok" : `it answered ${asked.status}`;
}
