// What is said of a database that cannot be brought up to date: a sentence, and never the password.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import { useTestDatabase } from "@/tests/support/use-services";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const database = useTestDatabase();

function migrate(databaseUrl: string): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["local/run.mjs", "migrate"], {
    cwd: ROOT,
    env: { ...process.env, DATABASE_URL: databaseUrl },
    encoding: "utf8",
  });
  return { status, said: `${stdout}${stderr}`.trim() };
}

function changed(change: Partial<Pick<URL, "password" | "pathname">>): string {
  return Object.assign(new URL(database.url), change).href;
}

test("one that does not answer, does not let us in or is not there is told of in one sentence", () => {
  const { host } = new URL(database.url);
  expect(migrate("postgres://x:hidden-one@127.0.0.1:1/z")).toEqual({
    status: 1,
    said: "The database at 127.0.0.1:1 does not answer (ECONNREFUSED). Is it running, and is DATABASE_URL right?",
  });
  expect(migrate(changed({ password: "hidden-one" }))).toEqual({
    status: 1,
    said: `The database at ${host} does not take the user or password of DATABASE_URL.`,
  });
  expect(migrate(changed({ pathname: "/nowhere" }))).toEqual({
    status: 1,
    said: `The server at ${host} has no database nowhere. Make it, or correct DATABASE_URL.`,
  });
  expect(migrate(database.url)).toEqual({ status: 0, said: "The database is up to date." });
});
