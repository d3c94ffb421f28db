// An append-only file of JSON lines that is on disk before anyone is told so. A record is applied to memory by one
// function, in the order of the file, whether it has just been written or is read back after a kill -9.
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, stat, truncate } from "node:fs/promises";
import path from "node:path";
import { giveToOwner } from "../ownership.mjs";

type Waiting<Entry> = { line: string; record: Entry; resolve: () => void; reject: (error: Error) => void };

/** The file is rewritten when it has grown past this, and past twice of what is alive. */
const REWRITE_BYTES_MIN = 32 * 1024 * 1024;

export type JournalOptions<Entry> = {
  file: string;
  /** Null when a line of the file makes no sense to this version; it is skipped and counted. */
  parse: (value: unknown) => Entry | null;
  /** Synchronous; called once per record, in order, after it is on disk. */
  apply: (entry: Entry) => void;
  /** What is alive now, as records that build it up again. */
  snapshot: () => Iterable<Entry>;
  rewriteBytesMin?: number;
};

export class Journal<Entry> {
  readonly #options: JournalOptions<Entry>;
  #handle: FileHandle;
  #waiting: Waiting<Entry>[] = [];
  #running: Promise<void> | null = null;
  #bytes: number;
  #bytesAfterRewrite = 0;
  #isClosed = false;

  private constructor(options: JournalOptions<Entry>, handle: FileHandle, bytes: number) {
    this.#options = options;
    this.#handle = handle;
    this.#bytes = bytes;
  }

  /**
   * Reads the file back, cuts off a line that a crash left half written, and rewrites the rest compactly, unless it is
   * that already.
   */
  static async open<Entry>(
    options: JournalOptions<Entry>,
  ): Promise<{ journal: Journal<Entry>; skippedLines: number }> {
    const { goodBytes, skippedLines } = await replay(options);
    const { size } = (await stat(options.file).catch(() => null)) ?? { size: 0 };
    if (goodBytes !== null && size > goodBytes) await truncate(options.file, goodBytes);
    const journal = new Journal(options, await open(options.file, "a", 0o600), goodBytes ?? 0);
    giveToOwner(options.file);
    if (journal.#isCompact()) journal.#bytesAfterRewrite = journal.#bytes;
    else await journal.#rewrite();
    return { journal, skippedLines };
  }

  /** Resolves when the record is on disk and applied. Rejects, with nothing applied, when it could not be written. */
  append(record: Entry): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error("The journal is closed."));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line: `${JSON.stringify(record)}\n`, record, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    await this.#handle.close();
  }

  /** Everything that came while the last write was under way goes out as one write and one sync. */
  async #run(): Promise<void> {
    // Lets the callers of this turn join the first write.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(Buffer.from(batch.map(({ line }) => line).join("")));
      } catch (error) {
        for (const { reject } of batch) reject(error instanceof Error ? error : new Error(String(error)));
        continue;
      }
      for (const { record, resolve, reject } of batch) {
        try {
          this.#options.apply(record);
          resolve();
        } catch (error) {
          // On disk but not understood: whoever asked must hear of it, and the records behind it must go on.
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      }
      if (
        this.#bytes > (this.#options.rewriteBytesMin ?? REWRITE_BYTES_MIN) &&
        this.#bytes > 2 * this.#bytesAfterRewrite
      ) {
        await this.#rewrite().catch(() => {
          // The old file is whole and in use; the next batch tries again.
        });
      }
    }
    this.#running = null;
  }

  async #write(bytes: Buffer): Promise<void> {
    try {
      await this.#handle.appendFile(bytes);
      await this.#handle.datasync();
      this.#bytes += bytes.byteLength;
    } catch (error) {
      // Half a line may be there (disk full); the next one must not be glued to it.
      await this.#handle.truncate(this.#bytes).catch(() => {});
      throw error;
    }
  }

  #isCompact(): boolean {
    let bytes = 0;
    for (const record of this.#options.snapshot()) bytes += Buffer.byteLength(`${JSON.stringify(record)}\n`);
    return bytes === this.#bytes;
  }

  /** Writes what is alive beside the file and puts it in the file's place, so that a crash leaves one of the two. */
  async #rewrite(): Promise<void> {
    const { file, snapshot } = this.#options;
    const fresh = `${file}.new`;
    const handle = await open(fresh, "w", 0o600);
    let bytes = 0;
    try {
      for (const record of snapshot()) {
        const line = Buffer.from(`${JSON.stringify(record)}\n`);
        await handle.appendFile(line);
        bytes += line.byteLength;
      }
      await handle.datasync();
    } finally {
      await handle.close();
    }
    giveToOwner(fresh);
    await rename(fresh, file);
    await syncFolder(path.dirname(file));
    await this.#handle.close();
    this.#handle = await open(file, "a", 0o600);
    this.#bytes = bytes;
    this.#bytesAfterRewrite = bytes;
  }
}

/** `goodBytes`: up to the end of the last whole line; null when there is no file. */
async function replay<Entry>(
  options: JournalOptions<Entry>,
): Promise<{ goodBytes: number | null; skippedLines: number }> {
  const { file, parse, apply } = options;
  if (!(await stat(file).catch(() => null))) return { goodBytes: null, skippedLines: 0 };
  let goodBytes = 0;
  let skippedLines = 0;
  let rest: Buffer[] = [];
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, end)]);
      rest = [];
      from = end + 1;
      goodBytes += line.byteLength + 1;
      const entry = parse(parseLine(line));
      if (entry === null) skippedLines += 1;
      else apply(entry);
    }
    if (from < chunk.byteLength) rest.push(Buffer.from(chunk.subarray(from)));
  }
  return { goodBytes, skippedLines };
}

function parseLine(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString("utf8"));
  } catch {
    return null;
  }
}

/** Makes a rename durable. Some systems cannot sync a folder; there the rename is as durable as they make it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null);
  if (!handle) return;
  await handle.sync().catch(() => {});
  await handle.close();
}
