// The app's port: the one that the user chose, in the environment or an env file, or the first free one.
import { findPortFault, isForbidden, sayForbidden } from "../app-port.mjs";
import { isLoopbackUrl } from "./plan";
import { type HeldPort, holdNextPort, holdPort } from "./ports";

const FIRST = 3000;

/** Whether the user chose it: then there is no other one. */
export function isPortGiven(): boolean {
  return portGiven() !== null;
}

/** Holds it. Throws a sentence when the one that was chosen cannot be had. */
export async function holdAppPort(say: (line: string) => void): Promise<HeldPort> {
  const given = portGiven();
  if (!given) {
    const held = await holdNextPort(FIRST);
    if (held.port !== FIRST) say(`Port ${FIRST} is taken; the app takes ${held.port}.`);
    return held;
  }
  const fault = findPortFault(given.name, given.value);
  if (fault) throw new Error(fault);
  const port = Number(given.value);
  const held = await holdPort(port);
  if (held) return held;
  if (await isForbidden(port)) throw new Error(sayForbidden(port));
  throw new Error(
    given.name === "PORT"
      ? `Port ${port} is taken by another program. Stop it, or choose another one: PORT=${port + 1} npm start`
      : `Port ${port} (from ${given.name}) is taken by another program.`,
  );
}

function portGiven(): { name: string; value: string } | null {
  const { PORT, APP_URL } = process.env;
  if (PORT) return { name: "PORT", value: PORT };
  if (!APP_URL || !isLoopbackUrl(APP_URL)) return null;
  const { port, protocol } = new URL(APP_URL);
  return { name: "APP_URL", value: port || (protocol === "https:" ? "443" : "80") };
}
