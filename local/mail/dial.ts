// Keeps the fault dial over restarts, and counts what it has done.
import { open, readFile, rename } from "node:fs/promises";
import path from "node:path";
import { giveToOwner } from "../ownership.mjs";
import { CALM, Dial, type FaultKind } from "./faults.ts";

export type Injected = Partial<Record<FaultKind | "limit", number>>;

export class DialStore {
  readonly #file: string;
  #dial: Dial;
  #injected: Injected = {};

  private constructor(file: string, dial: Dial) {
    this.#file = file;
    this.#dial = dial;
  }

  /** A file that cannot be read, or makes no sense, means that nothing goes wrong: `problem` says so. */
  static async open(folder: string): Promise<{ dial: DialStore; problem: string | null }> {
    const file = path.join(folder, "faults.json");
    const text = await readFile(file, "utf8").catch(() => null);
    if (text === null) return { dial: new DialStore(file, CALM), problem: null };
    const parsed = Dial.safeParse(parseJson(text));
    if (parsed.success) return { dial: new DialStore(file, parsed.data), problem: null };
    return {
      dial: new DialStore(file, CALM),
      problem: `${file} makes no sense; the fault dial starts at none.`,
    };
  }

  get current(): Dial {
    return this.#dial;
  }

  /** How often each fault was injected since the dial was last set. */
  get injected(): Injected {
    return { ...this.#injected };
  }

  count(kind: keyof Injected): void {
    this.#injected[kind] = (this.#injected[kind] ?? 0) + 1;
  }

  /** In force, and on disk, when it resolves. The counters begin anew. */
  async set(dial: Dial): Promise<void> {
    const handle = await open(`${this.#file}.new`, "w", 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(dial, null, 2)}\n`);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    giveToOwner(`${this.#file}.new`);
    await rename(`${this.#file}.new`, this.#file);
    this.#dial = dial;
    this.#injected = {};
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
