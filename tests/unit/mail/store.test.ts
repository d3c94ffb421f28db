import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Journal } from "../../../local/mail/journal";
import type { Mail } from "../../../local/mail/mail";
import { KEY_LIFETIME_MS, MAILS_MAX, Store } from "../../../local/mail/store";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "latchkey-store-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

let counter = 0;
function mailOf(change: Partial<Mail> = {}): Mail {
  counter += 1;
  return {
    id: `mail-${counter}`,
    via: "resend",
    from: "a@x.example",
    to: ["b@x.example"],
    cc: [],
    bcc: [],
    replyTo: [],
    subject: "Hello",
    html: null,
    text: "It works.",
    headers: [],
    tags: [],
    attachments: [],
    messageId: `<${counter}@x.example>`,
    idempotencyKey: null,
    raw: null,
    receivedAt: new Date().toISOString(),
    tries: 1,
    duplicateOf: null,
    outcome: "delivered",
    state: "sent",
    events: [],
    ...change,
  };
}

describe("the inbox", () => {
  test("keeps the newest 5,000 mails, over a restart too", async () => {
    const { store } = await Store.open(folder);
    const mails = Array.from({ length: MAILS_MAX + 50 }, () => mailOf());
    for (let from = 0; from < mails.length; from += 100)
      await store.accept(mails.slice(from, from + 100), null);
    expect(store.size).toBe(MAILS_MAX);
    expect(store.get(mails[49]?.id ?? "")).toBeNull();
    expect(store.get(mails[50]?.id ?? "")).not.toBeNull();
    await store.close();
    const again = (await Store.open(folder)).store;
    expect(again.size).toBe(MAILS_MAX);
    expect(again.list({ limit: 1 })[0]?.id).toBe(mails.at(-1)?.id);
    await again.close();
  });

  test("keeps large mails only as far as memory allows", async () => {
    const { store } = await Store.open(folder, { mails: 100, chars: 500_000 });
    for (let n = 0; n < 6; n += 1) await store.accept([mailOf({ text: "x".repeat(110_000) })], null);
    expect(store.size).toBe(4);
    await store.close();
  });

  test("remembers an idempotency key for 24 hours", async () => {
    const { store } = await Store.open(folder);
    const at = Date.now();
    await store.accept([mailOf()], { key: "k", hash: "h", ids: ["1"], at });
    await store.close();
    const again = (await Store.open(folder)).store;
    expect(again.findKey("k", new Date(at + KEY_LIFETIME_MS - 1))?.ids).toEqual(["1"]);
    expect(again.findKey("k", new Date(at + KEY_LIFETIME_MS))).toBeNull();
    await again.close();
  });

  test("counts tries per mail, and drops the count of the least recent mails first", async () => {
    const { store } = await Store.open(folder);
    expect([store.countTry("a"), store.countTry("a"), store.countTry("b")].map(({ tries }) => tries)).toEqual(
      [1, 2, 1],
    );
    await store.startTriesAnew("a");
    expect(store.countTry("a")).toEqual({ drawn: 3, tries: 1 });
    await store.close();
  });
});

describe("the journal", () => {
  const open = (applied: number[], alive: () => number[] = () => applied) =>
    Journal.open<{ n: number }>({
      file: path.join(folder, "journal.jsonl"),
      parse: (value) =>
        typeof value === "object" && value !== null && "n" in value ? (value as { n: number }) : null,
      apply: ({ n }) => void applied.push(n),
      snapshot: () => alive().map((n) => ({ n })),
      rewriteBytesMin: 32 * 1024,
    });

  test("applies in the order of asking, each after it is on disk", async () => {
    const applied: number[] = [];
    const { journal } = await open(applied);
    await Promise.all(
      Array.from({ length: 300 }, async (_, n) => {
        await journal.append({ n });
        expect(applied).toContain(n);
      }),
    );
    expect(applied).toEqual(Array.from({ length: 300 }, (_, n) => n));
    const lines = (await readFile(path.join(folder, "journal.jsonl"), "utf8")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).n)).toEqual(applied);
    await journal.close();
  });

  test("reads back what it wrote, in order, and goes on from there", async () => {
    const first = await open([]);
    for (const n of [1, 2, 3]) await first.journal.append({ n });
    await first.journal.close();
    const applied: number[] = [];
    const second = await open(applied);
    expect([applied, second.skippedLines]).toEqual([[1, 2, 3], 0]);
    await second.journal.append({ n: 4 });
    await second.journal.close();
    const third: number[] = [];
    await (await open(third)).journal.close();
    expect(third).toEqual([1, 2, 3, 4]);
  });

  test("is rewritten to what is alive when it has grown, and loses nothing by it", async () => {
    const applied: number[] = [];
    const filler = "x".repeat(1024);
    const { journal } = await open(applied, () => applied.slice(-3));
    for (let n = 0; n < 200; n += 1) await journal.append(Object.assign({ n }, { filler }));
    await journal.close();
    expect((await stat(path.join(folder, "journal.jsonl"))).size).toBeLessThan(40 * 1024);
    const again: number[] = [];
    await (await open(again)).journal.close();
    expect(again.slice(-3)).toEqual([197, 198, 199]);
  });

  test("refuses after it was closed", async () => {
    const { journal } = await open([]);
    await journal.close();
    await expect(journal.append({ n: 1 })).rejects.toThrow("closed");
  });
});
