// What README and .env.example say of the environment, made from env.ts. Pure.
import type { Variable } from "../../env";

const BEGIN = "<!-- made by npm run env:table from env.ts -->";
const END = "<!-- end of the table -->";

/** A table in Markdown: one variable a row. */
export function renderTable(variables: readonly Variable[]): string {
  const rows = variables.map(({ name, description, fallback, unset }) => {
    const shown = unset ?? (fallback === null ? "" : `\`${fallback}\``);
    return `| \`${name}\` | ${shown} | ${description.replaceAll("|", "\\|")} |`;
  });
  return ["| variable | default | meaning |", "|---|---|---|", ...rows].join("\n");
}

/** `text` with the table between its two marks made anew. Throws a sentence when a mark is missing. */
export function replaceTable(text: string, table: string): string {
  const [before, rest] = splitAt(text, BEGIN);
  const [, after] = splitAt(rest, END);
  return `${before}${BEGIN}\n${table}\n${END}${after}`;
}

function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at === -1) throw new Error(`There is no line ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

const HEAD = `# Made by npm run env:table from env.ts.
# Copy it to .env.local (your own machine) or .env (compose), and take the # away from what you set.
# On your own machine all of it is optional; an empty value is one that is not set.
`;

/** An env file in which every variable is commented out and shows its default. */
export function renderExample(variables: readonly Variable[]): string {
  const entries = variables.map(({ name, description, fallback, unset }) => {
    const otherwise = fallback === null && unset !== null ? ` (unset: ${plain(unset)})` : "";
    return `# ${plain(description)}${otherwise}\n# ${name}=${quote(fallback ?? "")}\n`;
  });
  return [HEAD, ...entries].join("\n");
}

const plain = (text: string) => text.replaceAll("`", "");

/** Node, Next and compose all read a value in double quotes as it is, while it holds none of these. */
const quote = (value: string) => (/[\s<>#$"'\\]/.test(value) ? `"${value}"` : value);
