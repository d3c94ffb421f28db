// Whether the app can have the port that somebody chose. Plain JavaScript: it is asked before anything is installed.
import { createServer } from "node:net";

/**
 * Ports that browsers refuse to open, and Next to listen on, whoever listens there
 * (https://fetch.spec.whatwg.org/#port-blocking).
 */
export const BLOCKED_PORTS = [
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/**
 * What is wrong with a port however free it is, as the sentence for who chose it; null when nothing is. `name`: where
 * it was chosen.
 * @param {string} name
 * @param {string} value
 * @returns {string | null}
 */
export function findPortFault(name, value) {
  const port = Number(value);
  if (!/^\s*\d+\s*$/.test(value) || port < 1 || port > 65_535)
    return `${name} is ${value}; it must be a number from 1 to 65535, e.g. PORT=3100 npm start`;
  if (BLOCKED_PORTS.includes(port))
    return `Port ${port} (from ${name}) is one that browsers refuse to open. Choose another one, e.g. PORT=3100 npm start`;
  return null;
}

/**
 * Ends the process with a sentence when PORT, as the environment has it, can never be the app's: before the minutes
 * that an install and a build take. One that is merely taken is not judged here: who has it may be about to end.
 */
export async function requireUsablePort() {
  const { PORT } = process.env;
  if (!PORT) return;
  const fault =
    findPortFault("PORT", PORT) ?? ((await isForbidden(Number(PORT))) ? sayForbidden(PORT) : null);
  if (fault === null) return;
  console.error(fault);
  process.exit(1);
}

/** @param {number | string} port */
export const sayForbidden = (port) =>
  `Port ${port} is not for ordinary users on this machine. Choose one from 1024 on, e.g. PORT=3100 npm start`;

/** True when the system does not let this user listen there. @param {number} port @returns {Promise<boolean>} */
export function isForbidden(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error) => resolve("code" in error && error.code === "EACCES"));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(false)));
  });
}
