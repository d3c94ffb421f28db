// What the parts say: on the screen with their name in front, and in a bounded file each.
import { appendFileSync, chmodSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import { giveToOwner, makeFolder } from "../ownership.mjs";

const FILE_BYTES_MAX = 5 * 1024 * 1024;
const LINE_MAX = 8_000;
const WIDTH = 8;
const COLOURS: Record<string, number> = { app: 36, postgres: 34, inngest: 35, mail: 33, latchkey: 32 };

const useColour = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;

/** Paints for a terminal; plain text anywhere else. */
export function paint(text: string, colour: number): string {
  return useColour ? `\u001b[${colour}m${text}\u001b[0m` : text;
}

/** Our own voice. */
export function say(line: string): void {
  console.log(line);
}

/** Takes a part's output in chunks and passes it on by whole lines. */
export function createLineWriter(logsDir: string, part: string): (chunk: Buffer | string) => void {
  // Logs name people: masked, but still only for us. Made by earlier versions, the folder may be open.
  makeFolder(logsDir, 0o700);
  chmodSync(logsDir, 0o700);
  const file = path.join(logsDir, `${part}.log`);
  const prefix = paint(`${part.padEnd(WIDTH)} │ `, COLOURS[part] ?? 37);
  let rest = "";
  return (chunk) => {
    const lines = (rest + String(chunk)).split("\n");
    rest = (lines.pop() ?? "").slice(-LINE_MAX);
    for (const line of lines) {
      const clean = line.trimEnd();
      if (clean === "") continue;
      console.log(prefix + clean.slice(0, LINE_MAX));
      write(file, clean);
    }
  };
}

function write(file: string, line: string): void {
  try {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? null;
    const isFull = size !== null && size > FILE_BYTES_MAX;
    if (isFull) renameSync(file, `${file}.1`);
    appendFileSync(file, `${line}\n`);
    if (size === null || isFull) giveToOwner(file);
  } catch {
    // A full disk must not stop the product for the sake of its log.
  }
}
