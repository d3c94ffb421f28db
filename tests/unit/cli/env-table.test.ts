// README and .env.example say what env.ts says (npm run env:table).
import { readFileSync } from "node:fs";
import path from "node:path";
import { parseEnv as parseFile } from "node:util";
import { describe, expect, test } from "vitest";
import { renderExample, renderTable, replaceTable } from "@/cli/env-table/table";
import { listVariables, parseEnv } from "@/env";
import { completeEnvironment as complete } from "@/tests/support/environment";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const read = (name: string) => readFileSync(path.join(ROOT, name), "utf8");
const variables = listVariables();

describe("what is said of the environment", () => {
  test("README's table is what npm run env:table writes", () => {
    const readme = read("README.md");
    expect(replaceTable(readme, renderTable(variables))).toBe(readme);
  });

  test(".env.example is what npm run env:table writes", () => {
    expect(read(".env.example")).toBe(renderExample(variables));
  });

  test("every variable is described, in words that fit a cell", () => {
    expect(variables.length).toBeGreaterThan(35);
    for (const { name, description } of variables) {
      expect(description.length, name).toBeGreaterThan(8);
      expect(description, name).not.toMatch(/[\n|]/);
    }
  });

  test("the default that is shown is the one that is taken", () => {
    const taken: Record<string, unknown> = parseEnv(complete);
    for (const { name, fallback } of variables) {
      if (fallback === null || name in complete) continue;
      const value = taken[name];
      expect(typeof value === "boolean" ? (value ? "on" : "off") : String(value), name).toBe(fallback);
    }
  });

  test("an env file with every line of the example switched on starts the product as one without it does", () => {
    const switchedOn = parseFile(read(".env.example").replaceAll(/^# ([A-Z_]+=)/gm, "$1"));
    expect(Object.keys(switchedOn).sort()).toEqual(variables.map(({ name }) => name).sort());
    expect(parseEnv({ ...switchedOn, ...complete })).toEqual(parseEnv(complete));
  });

  test("a text without the marks is not overwritten", () => {
    expect(() => replaceTable("# Latchkey", "")).toThrow(/There is no line/);
  });
});
