// Looks for secrets where none may be: in every row of every table, in every log, on every page of the engine.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type postgres from "postgres";

/** Something that only one person may know; `what` names it in a finding. */
export type Secret = { what: string; value: string };

/** How a secret could be written down: as it is, in an address, in hexadecimal (bytea columns) or in base64. */
function spellings({ value }: Secret): RegExp[] {
  const isShort = /^\d+$/.test(value);
  const bytes = Buffer.from(value);
  const all = [
    value,
    encodeURIComponent(value),
    bytes.toString("hex"),
    bytes.toString("base64").replace(/=+$/, ""),
  ];
  return [...new Set(all)].map((text) => {
    const literal = text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
    // Six digits also stand inside of longer numbers and ids.
    return new RegExp(isShort && text === value ? `(?<![\\w.-])${literal}(?![\\w-]|\\.\\d)` : literal);
  });
}

/** Which of the secrets are in a text. */
export function findSecrets(text: string, secrets: readonly Secret[]): string[] {
  return secrets
    .filter((secret) => spellings(secret).some((spelling) => spelling.test(text)))
    .map(({ what }) => what);
}

/** Every row of every table of the database, by table: the product's and the engine's. */
export async function readTables(sql: postgres.Sql): Promise<Map<string, string>> {
  const tables = await sql<{ schema: string; name: string }[]>`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`;
  const found = new Map<string, string>();
  for (const { schema, name } of tables) {
    const rows = await sql<{ row: string }[]>`
      select row_to_json(t)::text as row from ${sql(schema)}.${sql(name)} t`;
    found.set(`table ${schema}.${name}`, rows.map(({ row }) => row).join("\n"));
  }
  return found;
}

/** Every log of a product. The mail stand-in keeps its mails elsewhere, in its own folder. */
export function readLogs(dir: string): Map<string, string> {
  const folder = path.join(dir, "logs");
  return new Map(
    readdirSync(folder).map((name) => [`log ${name}`, readFileSync(path.join(folder, name), "utf8")]),
  );
}

const PAGES_MAX = 400;

/** Every page of the engine that links lead to. */
export async function readPages(url: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const waiting = ["/", "/runs", "/events", "/functions"];
  for (let next = waiting.shift(); next !== undefined && found.size < PAGES_MAX; next = waiting.shift()) {
    if (found.has(`page ${next}`)) continue;
    const response = await fetch(new URL(next, url));
    const text = await response.text();
    found.set(`page ${next}`, text);
    for (const [, href] of text.matchAll(/href="(\/(?:runs|events)[^"#]*)"/g))
      if (href) waiting.push(href.replaceAll("&amp;", "&"));
  }
  return found;
}
