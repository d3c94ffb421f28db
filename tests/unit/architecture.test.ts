// The rooms and the direction of imports (DESIGN.md section 4). Reads every import of the repository.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { readSource } from "@/tests/support/read-source";
import { REPLACES_MODULES } from "@/vitest.config";

const ROOT = path.resolve(import.meta.dirname, "../..");
const ROOMS = ["app", "cli", "components", "db", "domain", "emails", "inngest", "local", "messages"] as const;

/** Whom each file at the top level may import: folders, or files of it. What is not listed imports nothing of ours. */
const ALLOWED_AT_THE_TOP: Record<string, readonly string[]> = {
  "env.ts": ["env-rules"],
  "env-rules.ts": ["env", "secret-strength"],
  "instrumentation.ts": ["app/_http/server-process"],
  "metrics.ts": ["domain"],
  "next-env.d.ts": [".next"],
  "playwright.config.ts": ["cli/product/browser"],
  // Before every page: what app/_http has for all of them, and nothing of a use case.
  "proxy.ts": ["app/_http", "env", "services"],
  // Where configuration meets the rules: the one file that makes parts of all rooms below it.
  "services.ts": ["domain", "emails", "db", "env", "log", "metrics", "tracing"],
  "tracing.ts": ["domain"],
};
type Room = (typeof ROOMS)[number];

/** Whom a room may import, itself aside. Names are rooms, or single files at the top level. */
const ALLOWED: Record<Room, readonly string[]> = {
  app: ["messages", "components", "inngest", "domain", "emails", "db", "env", "env-rules", "services", "log"],
  cli: ["messages", "inngest", "domain", "emails", "db", "env", "env-rules", "services"],
  // The browser's code: rules and shapes, nothing that opens a connection (checked below).
  components: ["messages", "domain", "app/_http/problem"],
  inngest: ["messages", "domain", "emails", "db", "env", "services"],
  domain: ["messages", "emails", "db"],
  emails: ["messages"],
  db: ["env"],
  local: [],
  /** Texts, and what puts values into them. */
  messages: [],
};

/** What components may take from domain: pure files that import nothing but each other and what is listed below. */
const PURE_FOR_THE_BROWSER = [
  "domain/confirmation-state",
  "domain/account-rules",
  "domain/bidi-marks",
  "domain/bounce-reasons",
  "domain/password-length",
  "domain/typed-digits",
  "domain/session-data",
  "domain/device-words",
  "domain/webmail",
  "domain/email-suggestion",
  "domain/public-mailboxes",
];
const PACKAGES_FOR_THE_BROWSER = ["package:@zootools/email-spell-checker"];

/** Packages that would carry the outside world into a room that must not know it. */
const FORBIDDEN_PACKAGES: Partial<Record<Room, RegExp>> = {
  app: /^(drizzle-orm|postgres$|nodemailer|resend$)/,
  components: /^(next-auth|drizzle-orm|postgres$|nodemailer|resend$|inngest|node:)/,
  domain: /^(next|react|inngest|drizzle-orm|postgres$|nodemailer|resend$|hono)/,
  inngest: /^(next|react|drizzle-orm|postgres$)/,
  emails: /^(next|inngest|drizzle-orm|postgres$)/,
  db: /^(next|react|inngest)/,
};

type Import = { file: string; room: Room; target: string };

function listFiles(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|tsx|mjs)$/.test(name))
    .map((name) => path.join(folder, name));
}

const read = (file: string) => readSource(file, readFileSync(path.join(ROOT, file), "utf8"));

const topFiles = readdirSync(ROOT)
  .filter((name) => /\.(ts|tsx|mts|mjs|js)$/.test(name))
  .map((file) => ({ file, ...read(file) }));

const present = ROOMS.filter((room) => readdirSync(ROOT).includes(room));
const sources = present.flatMap((room) => listFiles(room).map((file) => ({ file, room, ...read(file) })));

/** A path from the repository's root for our own files, the package's name otherwise. */
function resolve(file: string, specifier: string): string {
  const own = specifier.startsWith("@/")
    ? specifier.slice(2)
    : specifier.startsWith(".")
      ? path.join(path.dirname(file), specifier)
      : null;
  return own === null ? `package:${specifier}` : own.replace(/\.(tsx?|mjs|js)$/, "");
}

const imports: Import[] = sources.flatMap(({ file, room, imports }) =>
  imports.map((specifier) => ({ file, room, target: resolve(file, specifier) })),
);

describe("a source", () => {
  const factsOf = (source: string) => readSource("domain/clock.ts", source);

  test.each([
    ['import { x } from "../inngest/client";', "a statement"],
    ['import "../inngest/client";', "a statement without names"],
    ['import type { X } from "../inngest/client";', "a type"],
    ['export { x } from "../inngest/client";', "an export"],
    ['export * from "../inngest/client";', "an export of everything"],
    ['await import("../inngest/client");', "a call"],
    ["await import(`../inngest/client`);", "a call with a template"],
    ['type X = import("../inngest/client").X;', "a type in its place"],
    ['require("../inngest/client");', "require"],
  ])("imports: %s (%s)", (source) => {
    expect(factsOf(source)).toMatchObject({ imports: ["../inngest/client"], computedImports: [] });
  });

  test("does not import what stands in a comment or a text", () => {
    const facts = factsOf(
      '// import "../inngest/client";\nexport const text = "from \'../inngest/client\'";',
    );
    expect(facts).toEqual({ imports: [], computedImports: [], readsEnvironment: false });
  });

  test("imports what nobody knows", () => {
    const parts = 'import("../" + name)';
    expect(factsOf(`await ${parts};`)).toMatchObject({ imports: [], computedImports: [parts] });
    const template = "import(`../$" + "{name}/client`)";
    expect(factsOf(`await ${template};`)).toMatchObject({ imports: [], computedImports: [template] });
    expect(factsOf("require(name);")).toMatchObject({ imports: [], computedImports: ["require(name)"] });
  });

  test.each([
    "process.env.X;",
    "process?.env.X;",
    'process["env"];',
    "process[`env`];",
    "process[name];",
    "const { env } = process;",
    "const all = process;",
    "read(process);",
    "const all = process as object;",
    "globalThis.process.env;",
    'globalThis["process"].env;',
    'import { env } from "node:process";',
    'import process from "process";',
  ])("reads the environment: %s", (source) => {
    expect(factsOf(source).readsEnvironment).toBe(true);
  });

  test.each([
    "process.exit(1);",
    'process["exit"](1);',
    "globalThis.process.exit(1);",
    "typeof process;",
    "type Exit = typeof process.exit;",
    "const parts = { process: 1 }; parts.process;",
    "type Part = { process: string };",
  ])("does not read the environment: %s", (source) => {
    expect(factsOf(source).readsEnvironment).toBe(false);
  });
});

describe("the rooms", () => {
  test("are all read: every room has imports to check", () => {
    for (const room of ROOMS)
      expect(imports.filter((entry) => entry.room === room).length, room).toBeGreaterThan(3);
  });

  test("import one way only", () => {
    const wrong = imports.filter(({ room, target }) => {
      if (target.startsWith("package:")) return false;
      const isAllowed = [room, ...ALLOWED[room]].some(
        (name) => target === name || target.startsWith(`${name}/`),
      );
      return !isAllowed;
    });
    expect(wrong).toEqual([]);
  });

  test("are kept by the files at the top level too", () => {
    expect(topFiles.length).toBeGreaterThan(10);
    const wrong = topFiles.flatMap(({ file, imports }) =>
      imports
        .map((specifier) => resolve(file, specifier))
        .filter((target) => !target.startsWith("package:"))
        .filter(
          (target) =>
            !(ALLOWED_AT_THE_TOP[file] ?? []).some(
              (name) => target === name || target.startsWith(`${name}/`),
            ),
        )
        .map((target) => [file, target]),
    );
    expect(wrong).toEqual([]);
    const speakers = topFiles.filter(({ imports }) =>
      imports.some((name) => /^(drizzle-orm|postgres)/.test(name)),
    );
    expect(speakers).toEqual([]);
  });

  test("do not know what is not theirs: no SQL in app, no HTTP or engine in domain, nothing of ours in local", () => {
    const wrong = imports.filter(({ room, target }) => {
      const name = target.startsWith("package:") ? target.slice("package:".length) : null;
      return name !== null && FORBIDDEN_PACKAGES[room]?.test(name);
    });
    expect(wrong).toEqual([]);
  });

  test("components take only pure files from domain", () => {
    const wrong = imports.filter(
      ({ room, target }) =>
        room === "components" && target.startsWith("domain/") && !PURE_FOR_THE_BROWSER.includes(target),
    );
    expect(wrong).toEqual([]);
    for (const file of PURE_FOR_THE_BROWSER)
      expect(
        imports.filter(
          (entry) =>
            entry.file === `${file}.ts` &&
            !PURE_FOR_THE_BROWSER.includes(entry.target) &&
            !PACKAGES_FOR_THE_BROWSER.includes(entry.target),
        ),
        file,
      ).toEqual([]);
  });

  test("no component takes the catalog: the browser gets the texts of its page, not of all languages", () => {
    expect(
      imports.filter(({ room, target }) => room === "components" && target === "messages/catalog"),
    ).toEqual([]);
  });

  test("import nothing whose name is only known when it runs", () => {
    const computed = sources.filter(
      ({ room, computedImports }) => room !== "local" && computedImports.length > 0,
    );
    expect(computed.map(({ file, computedImports }) => [file, ...computedImports])).toEqual([]);
  });

  test("only env.ts reads the environment", () => {
    const everywhere = [
      ...sources.filter(({ room }) => room !== "local" && room !== "cli"),
      ...topFiles.filter(({ file }) => !file.includes(".config.")),
    ];
    const readers = everywhere.filter(({ readsEnvironment }) => readsEnvironment).map(({ file }) => file);
    // Next itself defines NEXT_RUNTIME and NODE_ENV, and replaces them while building.
    expect(readers.sort()).toEqual(["app/development-styles.ts", "env.ts", "instrumentation.ts"]);
  });

  test("what traces need is loaded by one file, and that one only when it is asked for", () => {
    const isOtel = (specifier: string) => specifier.startsWith("@opentelemetry/");
    const all = [...sources, ...topFiles];
    expect(all.filter(({ imports }) => imports.some(isOtel)).map(({ file }) => file)).toEqual(["tracing.ts"]);
    const loaders = all.filter(({ file, imports }) =>
      imports.some((specifier) => resolve(file, specifier) === "tracing"),
    );
    expect(loaders.map(({ file }) => file)).toEqual(["services.ts"]);
    const services = readFileSync(path.join(ROOT, "services.ts"), "utf8");
    expect(services).not.toMatch(/^import (?!type )[^;]*"\.\/tracing"/m);
    expect(services).toContain('await import("./tracing")');
  });

  test("only db/ speaks SQL", () => {
    const speakers = imports.filter(
      ({ file, target }) =>
        /^package:(drizzle-orm|postgres)(\/|$)/.test(target) &&
        !file.startsWith("db/") &&
        !file.startsWith("local/"),
    );
    expect(speakers).toEqual([]);
  });

  test("tests that share their loaded modules replace none (vitest.config.ts)", () => {
    const own = new Set(REPLACES_MODULES);
    for (const file of own) expect(existsSync(path.join(ROOT, file)), file).toBe(true);
    const files = [...listFiles("tests/unit"), ...listFiles("tests/integration")];
    const textOf = (file: string) => readFileSync(path.join(ROOT, file), "utf8");
    const replacing = files.filter((file) => /\bvi\.(mock|doMock|resetModules)\(/.test(textOf(file)));
    // What tests have in common replaces for each that uses it.
    const isTest = (file: string) => /\.test\.tsx?$/.test(file);
    const names = replacing.filter((file) => !isTest(file)).map((file) => path.parse(file).name);
    const users = files.filter((file) =>
      names.some((name) => new RegExp(`/support/${name}(\\.ts)?"`).test(textOf(file))),
    );
    expect(users.length).toBeGreaterThan(1);
    const tests = [...replacing, ...users].filter(isTest);
    expect(tests.filter((file) => !own.has(file))).toEqual([]);
  });
});
