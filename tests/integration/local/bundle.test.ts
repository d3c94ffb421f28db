// The bundles of our programs, made in a clone of a few lines; only the last test looks at the real programs.
import { execFile } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bundle, PROGRAMS } from "../../../local/bundle.mjs";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const BUNDLE = pathToFileURL(path.join(ROOT, "local/bundle.mjs")).href;
const HOUR_MS = 60 * 60 * 1000;
let root = "";

beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), "latchkey-bundle-")));
  write("package-lock.json", "{}");
  write("tsconfig.json", "{}");
  write("local/mail/main.ts", `import { word } from "./word.ts"; console.log(word satisfies string);`);
  write("local/mail/word.ts", `export const word: string = "one";`);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(name: string, content: string): void {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), content);
}

/** What a program prints, loaded in a process of its own as run.mjs does. */
async function run(name: string): Promise<string> {
  return node(`await load(${JSON.stringify(root)}, ${JSON.stringify(name)})`);
}

async function node(code: string): Promise<string> {
  const source = `const { bundle, load } = await import(${JSON.stringify(BUNDLE)}); ${code};`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", source]);
  return stdout.trim();
}

const programs = () => readdirSync(path.join(root, ".latchkey/programs"));

test("a program is bundled once, and anew when a source or the packages have changed", async () => {
  const first = await bundle(root, "mail");
  const madeAt = statSync(first).mtimeMs;
  expect(await run("mail")).toBe("one");
  expect(await bundle(root, "mail")).toBe(first);
  expect(statSync(first).mtimeMs).toBe(madeAt);

  write("local/mail/word.ts", `export const word: string = "two";`);
  expect(await run("mail")).toBe("two");
  expect(await bundle(root, "mail")).not.toBe(first);

  write("local/mail/word.ts", `export const word: string = "one";`);
  expect(await bundle(root, "mail")).toBe(first);

  write("package-lock.json", `{ "packages": {} }`);
  expect(await bundle(root, "mail")).not.toBe(first);
});

test("a source that was added beside another counts", async () => {
  write("local/mail/main.ts", `import { word } from "./word"; console.log(word);`);
  expect(await run("mail")).toBe("one");
  rmSync(path.join(root, "local/mail/word.ts"));
  write("local/mail/word/index.ts", `export const word = "moved";`);
  expect(await run("mail")).toBe("moved");
});

test("several processes that make it at once all end with the whole program, and leave nothing else", async () => {
  // Long enough for them to meet.
  const long = Array.from({ length: 2_000 }, (_, n) => `export const value${n} = "${n}";`).join("\n");
  write("local/mail/long.ts", long);
  write("local/mail/main.ts", `import * as long from "./long.ts"; console.log(Object.keys(long).length);`);
  const said = await Promise.all(Array.from({ length: 4 }, () => run("mail")));
  expect(said).toEqual(["2000", "2000", "2000", "2000"]);
  expect(programs()).toHaveLength(1);
});

test("a program finds what lies beside its sources, also in a clone that was moved, and its errors name them", async () => {
  write("local/mail/pages/page.txt", "beside");
  write(
    "local/mail/pages/read.ts",
    `import { readFileSync } from "node:fs";
     type Page = { text: string };
     export const page: Page = { text: readFileSync(import.meta.dirname + "/page.txt", "utf8") };
     export const again = readFileSync(new URL("page.txt", import.meta.url), "utf8");
     export const stack = new Error("here").stack;`,
  );
  write(
    "local/mail/main.ts",
    `import { again, page, stack } from "./pages/read.ts"; console.log(page.text, again, stack);`,
  );
  const said = await run("mail");
  expect(said).toContain("beside beside");
  expect(said).toContain(`${path.join(root, "local/mail/pages/read.ts")}:5`);

  const moved = `${root}-moved`;
  renameSync(root, moved);
  root = moved;
  expect(await run("mail")).toContain("beside beside");
});

test("a source that its list does not know is refused: a change of it would be missed", async () => {
  write("elsewhere/word.ts", `export const word: string = "three";`);
  write("local/mail/main.ts", `import { word } from "../../elsewhere/word.ts"; console.log(word);`);
  await expect(bundle(root, "mail")).rejects.toThrow("is also made of elsewhere/word.ts");
  expect(programs()).toEqual([]);
});

test("sources that are no program are refused with the place of the fault, and leave nothing", async () => {
  write("local/mail/word.ts", "export const word = ;");
  await expect(bundle(root, "mail")).rejects.toThrow("local/mail/word.ts:1:20");
  expect(programs()).toEqual([]);
  await expect(bundle(root, "nothing")).rejects.toThrow("There is no program nothing");
});

test("what was made of other sources stays for an hour, for starts that are about to load it", async () => {
  const made = path.join(root, ".latchkey/programs");
  const first = path.basename(path.dirname(await bundle(root, "mail")));
  write("local/mail/word.ts", `export const word: string = "two";`);
  const second = path.basename(path.dirname(await bundle(root, "mail")));
  expect(programs().sort()).toEqual([first, second].sort());

  const left = `${first}.killed`;
  mkdirSync(path.join(made, left));
  const old = new Date(Date.now() - 2 * HOUR_MS);
  for (const name of [first, left]) utimesSync(path.join(made, name), old, old);
  write("local/mail/word.ts", `export const word: string = "three";`);
  const third = path.basename(path.dirname(await bundle(root, "mail")));
  expect(programs().sort()).toEqual([second, third].sort());
});

test("every program of ours can be bundled, and its list knows all of its sources", async () => {
  for (const name of Object.keys(PROGRAMS)) expect(await bundle(ROOT, name)).toMatch(/main\.mjs$/);
});
