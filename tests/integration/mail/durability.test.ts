// What was answered is kept, whatever happens to the process.
import { appendFile, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { Resend } from "resend";
import { expect, test } from "vitest";
import { type MailProcess, someone, startMailProcess } from "./support/mail-process";

const send = (server: MailProcess, to: string, key?: string) =>
  new Resend("re_x", { baseUrl: server.url }).emails.send(
    { from: "hello@latchkey.example", to, subject: "123456 is your code", text: "123456" },
    key === undefined ? {} : { idempotencyKey: key },
  );

const journalOf = (server: MailProcess) => path.join(server.dataDir, "journal.jsonl");

test("kill -9 in the middle of a burst keeps every mail that was answered, and its key", async () => {
  const first = await startMailProcess();
  const people = Array.from({ length: 200 }, () => someone());
  const answered = new Map<string, string>();
  const burst = people.map(async (to) => {
    const { data } = await send(first, to, `delivery/${to}`);
    if (data) answered.set(to, data.id);
    if (answered.size === 60) await first.kill();
  });
  await Promise.all(burst);
  expect(answered.size).toBeGreaterThanOrEqual(60);

  const second = await startMailProcess({ dataDir: first.dataDir });
  try {
    for (const [to, id] of answered) {
      expect((await second.mailsTo(to)).map((mail) => mail.id)).toEqual([id]);
    }
    // Trying again, as the sender would: everyone has one mail in the end, those answered before under the same id.
    for (const to of people) {
      const { data } = await send(second, to, `delivery/${to}`);
      if (answered.has(to)) expect(data?.id).toBe(answered.get(to));
      expect(await second.mailsTo(to)).toHaveLength(1);
    }
  } finally {
    await second.stop();
  }
});

test("tries refused before a kill -9 still count after it, and the dial stays as it was set", async () => {
  const first = await startMailProcess();
  const to = someone("retry2");
  expect((await send(first, to, `delivery/${to}`)).error).not.toBeNull();
  await first.setFaults({ faults: [{ kind: "hang", percent: 5 }], seed: "s", limit_per_second: 1000 });
  await first.kill();

  const second = await startMailProcess({ dataDir: first.dataDir });
  try {
    const dial = (await (await fetch(`${second.url}/_/faults`)).json()) as object;
    expect(dial).toMatchObject({ faults: [{ kind: "hang", percent: 5 }], seed: "s", limit_per_second: 1000 });
    await second.calm();
    expect((await send(second, to, `delivery/${to}`)).error).not.toBeNull();
    expect((await send(second, to, `delivery/${to}`)).error).toBeNull();
    expect((await second.mailsTo(to)).map(({ tries }) => tries)).toEqual([3]);
  } finally {
    await second.stop();
  }
});

test("a line half written by a crash is cut off, and a line that makes no sense is left out with a word", async () => {
  const first = await startMailProcess();
  const to = someone();
  await send(first, to);
  await first.kill();
  await appendFile(journalOf(first), `{"t":"nonsense"}\n{"t":"mails","mails":[{"id":"tor`);

  const second = await startMailProcess({ dataDir: first.dataDir });
  try {
    expect(second.output()).toContain("1 lines of the journal made no sense");
    expect(await second.mailsTo(to)).toHaveLength(1);
    await send(second, to);
    await second.kill();
    const third = await startMailProcess({ dataDir: first.dataDir });
    expect(await third.mailsTo(to)).toHaveLength(2);
    expect(third.output()).not.toContain("made no sense");
    await third.stop();
  } finally {
    await second.kill();
  }
});

test("deleting all mails is for good, and their keys stay taken", async () => {
  const first = await startMailProcess();
  const to = someone();
  const { data } = await send(first, to, `delivery/${to}`);
  await fetch(`${first.url}/_/mails`, { method: "DELETE" });
  await first.kill();

  const second = await startMailProcess({ dataDir: first.dataDir });
  try {
    expect(await second.mailsTo(to)).toHaveLength(0);
    expect((await send(second, to, `delivery/${to}`)).data?.id).toBe(data?.id);
    expect(await second.mailsTo(to)).toHaveLength(0);
    // The start has rewritten the journal: what was deleted is gone from the disk as well.
    expect(await readFile(journalOf(second), "utf8")).not.toContain("is your code");
  } finally {
    await second.stop();
  }
});

test("a taken port is said in a sentence, and the program ends", async () => {
  const first = await startMailProcess();
  try {
    const { port } = new URL(first.url);
    await expect(startMailProcess({ args: ["--port", port] })).rejects.toThrow(
      new RegExp(`ended with 98:\\s+mail: Port ${port} is taken by another program`),
    );
    await expect(startMailProcess({ args: ["--smtp-port", String(first.smtpPort)] })).rejects.toThrow(
      new RegExp(`ended with 98:\\s+mail: Port ${first.smtpPort} is taken .* --smtp-port`),
    );
  } finally {
    await first.stop();
  }
});

test.each<[string, string[], Record<string, string>, RegExp]>([
  ["a port that is none", ["--port", "http"], {}, /--port http is not a port/],
  [
    "an address that is none",
    ["--webhook-url", "localhost"],
    {},
    /--webhook-url localhost is not an http address/,
  ],
  ["webhooks without a secret", ["--webhook-url", "http://127.0.0.1:9/"], {}, /needs RESEND_WEBHOOK_SECRET/],
  [
    "a secret of another shape",
    ["--webhook-url", "http://127.0.0.1:9/"],
    { RESEND_WEBHOOK_SECRET: "secret" },
    /whsec_ followed by base64/,
  ],
  ["an option that does not exist", ["--prot", "1"], {}, /--prot/],
])("%s is refused at the start", async (_name, args, env, sentence) => {
  await expect(startMailProcess({ args, env })).rejects.toThrow(sentence);
});

test("it ends when its parent is gone, also while a request hangs", async () => {
  const server = await startMailProcess();
  const hanging = send(server, someone("hang"));
  const exited = new Promise<number | null>((resolve) => server.child.once("exit", resolve));
  server.child.disconnect();
  expect(await exited).toBe(0);
  expect((await hanging).error).toMatchObject({ name: "application_error", statusCode: null });
  await rm(server.dataDir, { recursive: true });
});
