// What the benches that fill a database of their own have in common.
import { randomBytes } from "node:crypto";
import type { Explained } from "@/db/explain";
import { parseEnv } from "@/env";
import { createServices } from "@/services";

/** Reading a whole table with fewer rows than this costs nothing. */
export const LARGE_TABLE_ROWS = 10_000;

/** Large tables that were read from end to end. */
export const listWholeTables = ({ accesses }: Explained): string[] => [
  ...new Set(
    accesses.filter(({ index, rows }) => !index && rows >= LARGE_TABLE_ROWS).map(({ table }) => table),
  ),
];

/** The rules, over the bench's database: what the processes would do, without a process. */
export function scratchServices(databaseUrl: string) {
  return createServices(
    parseEnv({
      NODE_ENV: "development",
      APP_URL: "http://127.0.0.1",
      APP_SECRET: randomBytes(32).toString("base64url"),
      DATABASE_URL: databaseUrl,
      INNGEST_DEV: "1",
      RESEND_API_KEY: "re_none",
      LOG_LEVEL: "silent",
    }),
  );
}
