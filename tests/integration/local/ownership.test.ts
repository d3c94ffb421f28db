// Root starts a clone that somebody else owns, who goes on with it afterwards.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Journal } from "../../../local/mail/journal";
import { explainDenied, giveAllToOwner, makeFolder } from "../../../local/ownership.mjs";
import { chooseAccount, isReachable } from "../../../local/postgres/account";
import { ensureBuilt } from "../../../local/supervise/build";
import { createLineWriter } from "../../../local/supervise/output";
import { openRunningFile, takeLock } from "../../../local/supervise/processes";
import { readSecrets } from "../../../local/supervise/secrets";

const isRoot = process.getuid?.() === 0;
/** Nobody's number on any machine. */
const OWNER = 4_000_001;
let clone = "";
beforeEach(() => {
  clone = mkdtempSync(path.join(tmpdir(), "latchkey-owner-"));
  chmodSync(clone, 0o755);
  if (isRoot) chownSync(clone, OWNER, OWNER);
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

const inClone = (...names: string[]) => path.join(clone, ".latchkey", ...names);

function listOwners(folder = clone): Record<string, number> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return Object.fromEntries(names.map((name) => [name, lstatSync(path.join(folder, name)).uid]));
}

async function openJournal(lines: string[]): Promise<Journal<string>> {
  const alive = new Set<string>();
  const { journal } = await Journal.open<string>({
    file: inClone("mail/journal.jsonl"),
    parse: (value) => (typeof value === "string" ? value : null),
    apply: (entry) => {
      if (entry === "clear") alive.clear();
      else alive.add(entry);
    },
    snapshot: () => alive,
  });
  for (const line of lines) await journal.append(line);
  return journal;
}

describe("what a start does not change", () => {
  test("stays the very same file: the secrets, and a journal that is compact already", async () => {
    makeFolder(inClone("mail"));
    const secrets = readSecrets(inClone());
    await (await openJournal(["one", "two"])).close();
    const files = [inClone("secrets.json"), inClone("mail/journal.jsonl")];
    const before = files.map((file) => lstatSync(file).ino);
    expect(readSecrets(inClone())).toEqual(secrets);
    await (await openJournal([])).close();
    expect(files.map((file) => lstatSync(file).ino)).toEqual(before);
  });

  test("is not mistaken for what is missing: an older file of secrets gets the new ones and keeps its own", () => {
    const secrets = readSecrets(inClone());
    writeFileSync(inClone("secrets.json"), JSON.stringify({ appSecret: secrets.appSecret }));
    const completed = readSecrets(inClone());
    expect(completed.appSecret).toBe(secrets.appSecret);
    expect(completed.opsPassword).not.toBe(secrets.opsPassword);
    expect(readSecrets(inClone())).toEqual(completed);
  });

  test("a journal with what is dead in it is written anew without that", async () => {
    makeFolder(inClone("mail"));
    await (await openJournal(["one", "clear", "two"])).close();
    await (await openJournal([])).close();
    expect(readFileSync(inClone("mail/journal.jsonl"), "utf8")).toBe('"two"\n');
  });
});

describe.skipIf(!isRoot)("what a start as root makes", () => {
  test("belongs to the clone's owner: locks, secrets, logs, the journal, the build", async () => {
    makeFolder(inClone());
    const lock = await takeLock(inClone(), () => {});
    readSecrets(inClone());
    openRunningFile(inClone()).set("mail", { url: "http://127.0.0.1:1", pid: process.pid });
    createLineWriter(inClone("logs"), "mail")("a line\n");
    makeFolder(inClone("mail"));
    await (await openJournal(["one"])).close();
    const next = path.join(clone, "node_modules/next/dist/bin");
    mkdirSync(next, { recursive: true });
    writeFileSync(
      path.join(next, "next"),
      `const { mkdirSync, writeFileSync } = require("node:fs");
       mkdirSync(".next/server", { recursive: true });
       writeFileSync(".next/server/page.js", "");`,
    );
    await ensureBuilt({ root: clone, env: process.env, say: () => {}, output: () => {} });
    giveAllToOwner(path.join(clone, "node_modules"));
    const owners = listOwners();
    expect(Object.keys(owners)).toEqual(
      expect.arrayContaining([
        ".latchkey/up.lock",
        ".latchkey/running.json",
        ".latchkey/processes.json",
        ".latchkey/secrets.json",
        ".latchkey/logs/mail.log",
        ".latchkey/mail/journal.jsonl",
        ".next/server/page.js",
        ".next/latchkey-sources",
      ]),
    );
    expect(Object.entries(owners).filter(([, uid]) => uid !== OWNER)).toEqual([]);
    lock.release();
  });

  test("leaves alone what is neither root's nor the owner's, and what a link leads to", () => {
    const outside = mkdtempSync(path.join(tmpdir(), "latchkey-outside-"));
    try {
      mkdirSync(inClone("postgres"), { recursive: true });
      writeFileSync(inClone("postgres/PG_VERSION"), "");
      chownSync(inClone("postgres"), OWNER + 1, OWNER + 1);
      symlinkSync(outside, inClone("link"));
      giveAllToOwner(inClone());
      expect(listOwners(inClone())).toEqual({ postgres: OWNER + 1, "postgres/PG_VERSION": 0, link: OWNER });
      expect(lstatSync(outside).uid).toBe(0);
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  });

  test("in a clone of root's own stays root's", () => {
    chownSync(clone, 0, 0);
    readSecrets(inClone());
    expect(listOwners()).toEqual({ ".latchkey": 0, ".latchkey/secrets.json": 0 });
  });
});

test("Postgres runs as the owner of the clone when root starts it, where this machine knows the owner", () => {
  const nobody = "nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin";
  const passwd = `ada:x:1000:1000::/home/ada:/bin/sh\n${nobody}`;
  expect(chooseAccount(0, passwd, { uid: 1000, gid: 1001 })).toEqual({ uid: 1000, gid: 1001 });
  expect(chooseAccount(0, nobody, { uid: 1000, gid: 1001 })).toEqual({ uid: 65534, gid: 65533 });
  expect(chooseAccount(0, passwd, { uid: 0, gid: 0 })).toEqual({ uid: 65534, gid: 65533 });
  expect(chooseAccount(1000, passwd, { uid: 1000, gid: 1000 })).toBeNull();
});

/** Its programs may lie where ordinary users do not come. */
const canBeOrdinary = isRoot && isReachable(process.execPath, { uid: OWNER, gid: OWNER });

describe.skipIf(!canBeOrdinary)("what an ordinary user cannot read and write", () => {
  /** Runs lines that have the functions of local/ownership.mjs as the clone's owner; answers what they print. */
  function asOwner(lines: string): string {
    const copy = path.join(clone, "ownership.mjs");
    copyFileSync(path.resolve(import.meta.dirname, "../../../local/ownership.mjs"), copy);
    const program = `import { readFileSync } from "node:fs";
      import { explainDenied, requireWritable } from ${JSON.stringify(copy)};
      try { ${lines} } catch (error) { console.log(explainDenied(error) ?? error.message); }`;
    return execFileSync(process.execPath, ["--input-type=module", "-e", program], {
      cwd: clone,
      uid: OWNER,
      gid: OWNER,
      encoding: "utf8",
    }).trim();
  }
  /** What a version that gave nothing away has left. */
  function leaveOfRoot(name: string): string {
    mkdirSync(path.dirname(inClone(name)), { recursive: true });
    giveAllToOwner(inClone());
    writeFileSync(inClone(name), "{}", { mode: 0o600 });
    return inClone(name);
  }

  test("is named in a sentence, with whose it is and how to take it back", () => {
    const file = leaveOfRoot("secrets.json");
    expect(asOwner(`readFileSync(${JSON.stringify(file)});`)).toBe(
      `.latchkey/secrets.json cannot be read and written: it belongs to root, perhaps by a start as root. To take back all of it: sudo chown -R ${OWNER} "${clone}"`,
    );
    expect(explainDenied(new Error("another one"))).toBeNull();
  });

  test("is found before the work begins, also below; what root has given away is well", () => {
    leaveOfRoot("mail/journal.jsonl");
    const check = `requireWritable(${JSON.stringify(inClone("mail"))}, { depth: 1 }); console.log("well");`;
    expect(asOwner(check)).toMatch(
      /^\.latchkey\/mail\/journal\.jsonl cannot be read and written: it belongs to root/,
    );
    giveAllToOwner(inClone());
    expect(asOwner(check)).toBe("well");
    expect(asOwner(`requireWritable("nothing", { depth: 1 }); console.log("well");`)).toBe("well");
  });
});
