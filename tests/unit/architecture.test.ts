// The rooms and the direction of imports (DESIGN.md section 4). Reads every import of the repository as text.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { REPLACES_MODULES } from "@/vitest.config";

const ROOT = path.resolve(import.meta.dirname, "../..");
const ROOMS = ["app", "cli", "components", "db", "domain", "emails", "inngest", "local", "messages"] as const;
type Room = (typeof ROOMS)[number];

/** Whom a room may import, itself aside. Names are rooms, or single files at the top level. */
const ALLOWED: Record<Room, readonly string[]> = {
  app: ["messages", "components", "inngest", "domain", "emails", "db", "env", "services"],
  cli: ["messages", "inngest", "domain", "emails", "db", "env", "services"],
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

function listImports(): Import[] {
  const present = ROOMS.filter((room) => readdirSync(ROOT).includes(room));
  return present.flatMap((room) =>
    listFiles(room).flatMap((file) => {
      const source = readFileSync(path.join(ROOT, file), "utf8");
      const specifiers = [...source.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].flatMap(
        (match) => match[1] ?? [],
      );
      return specifiers.map((specifier) => ({ file, room, target: resolve(file, specifier) }));
    }),
  );
}

/** A path from the repository's root for our own files, the package's name otherwise. */
function resolve(file: string, specifier: string): string {
  const own = specifier.startsWith("@/")
    ? specifier.slice(2)
    : specifier.startsWith(".")
      ? path.join(path.dirname(file), specifier)
      : null;
  return own === null ? `package:${specifier}` : own.replace(/\.(tsx?|mjs|js)$/, "");
}

const imports = listImports();

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

  test("only env.ts reads the environment", () => {
    const files = [...ROOMS.filter((room) => room !== "local" && room !== "cli"), "."].flatMap((folder) =>
      folder === "."
        ? readdirSync(ROOT).filter((name) => /\.(ts|tsx)$/.test(name) && !name.includes(".config."))
        : readdirSync(ROOT).includes(folder)
          ? listFiles(folder)
          : [],
    );
    const readers = files.filter((file) =>
      /\bprocess\.env\b/.test(readFileSync(path.join(ROOT, file), "utf8")),
    );
    // Next itself defines NEXT_RUNTIME and replaces it while building.
    expect(readers.sort()).toEqual(["env.ts", "instrumentation.ts"]);
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
    const offenders = [...listFiles("tests/unit"), ...listFiles("tests/integration")].filter(
      (file) =>
        !own.has(file) &&
        /\bvi\.(mock|doMock|resetModules)\(/.test(readFileSync(path.join(ROOT, file), "utf8")),
    );
    expect(offenders).toEqual([]);
  });
});
