// docs/security.md says which test holds which clause; this holds that it is true.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../..");
const TABLE = readFileSync(path.join(ROOT, "docs/security.md"), "utf8");

type Row = { title: string; clauses: string[]; files: string[] };

/** Rows whose last cell names tests. */
const rows: Row[] = TABLE.split("\n")
  .filter((line) => line.startsWith("| ") && line.includes("`tests/"))
  .map((line) => {
    const cells = line.split(" | ");
    const title = (cells[0] ?? "").replace(/^\| /, "");
    return {
      title,
      // "RFC 9110 15.5.14" is no clause of ASVS.
      clauses: /^[A-Z]/.test(title) ? [] : (title.match(/\b\d+\.\d+\.\d+\b/g) ?? []),
      files: [...line.matchAll(/`(tests\/[^`]+)`/g)].flatMap((match) => match[1] ?? []),
    };
  });

const read = (file: string) => readFileSync(path.join(ROOT, file), "utf8");

/** "6.2.4" occurs, or lies in a range of one section such as "3.4.3 to 3.4.6". */
function carries(text: string, clause: string): boolean {
  const named = new RegExp(`ASVS[^\\n]*\\b${clause.replaceAll(".", "\\.")}\\b`);
  if (named.test(text)) return true;
  const [chapter, section, number] = clause.split(".").map(Number);
  return [...text.matchAll(/\b(\d+)\.(\d+)\.(\d+) to (\d+)\.(\d+)\.(\d+)\b/g)].some((match) => {
    const [c1, s1, n1, c2, s2, n2] = match.slice(1).map(Number);
    const isSameSection = c1 === chapter && c2 === chapter && s1 === section && s2 === section;
    return isSameSection && Number(n1) <= Number(number) && Number(number) <= Number(n2);
  });
}

describe("docs/security.md", () => {
  test("has the rows it is read for", () => {
    expect(rows.length).toBeGreaterThan(35);
    expect(rows.flatMap(({ clauses }) => clauses).length).toBeGreaterThan(60);
  });

  test("names only tests that are there", () => {
    expect(
      [...new Set(rows.flatMap(({ files }) => files))].filter((file) => !existsSync(path.join(ROOT, file))),
    ).toEqual([]);
  });

  test("names for each clause a test that carries its number", () => {
    const missing = rows.flatMap(({ title, clauses, files }) =>
      clauses
        .filter(
          (clause) => !files.some((file) => existsSync(path.join(ROOT, file)) && carries(read(file), clause)),
        )
        .map((clause) => `${clause} (${title})`),
    );
    expect(missing).toEqual([]);
  });
});
