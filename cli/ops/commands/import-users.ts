import { constants, createReadStream } from "node:fs";
import { access, stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { createImport, type ImportOutcome, type ImportRefusal } from "@/domain/user-import";
import { type Command, EXIT, UsageError } from "../command";

/** Fewer than the connections of a pool (DATABASE_POOL_SIZE). */
const AT_ONCE = 8;
/** More than anybody mends by hand: the rest is counted. */
const REFUSED_SHOWN = 1_000;

const SENTENCES: Record<ImportRefusal, string> = {
  invalid_json: "this is no JSON object",
  invalid_field: "this field is missing or of another kind than it should be",
  invalid_email: "this is no email address",
  username_unsupported:
    "a username has up to 150 letters from a to z, digits, and . _ + -, or is the person's own address",
  password_unsupported: "this is no hash of Django's pbkdf2_sha256, or one with absurdly many iterations",
  not_confirmed: "the address is not confirmed; let them register again",
  created_later: "nobody can have registered in the future",
  username_taken: "somebody else has this username here",
  address_taken: "somebody else has confirmed this address here",
  id_taken: "somebody else has this id here",
};

/** Makes people of the replaced system into accounts. */
export const importUsers: Command = {
  name: "import-users",
  usage: "--file <file> [--dry-run]",
  summary: "make people of the replaced system into accounts",
  help: `Reads one JSON object a line and makes each an account whose address is confirmed. They sign in with the
password they have; nobody gets a mail. Lines that cannot be taken are told by their number and left out. Run it again
as often as you like: who is there already is not touched, but for a password that was changed in the old system before
they first signed in here. docs/migration.md has the export.

  --file <file>   lines like {"username":"ada","email":"ada@example.com","password":"pbkdf2_sha256$…",
                  "email_confirmed":true,"created_at":"2021-03-04T05:06:07Z"}; "id" (a UUID) and "language"
                  (en, de, …) may stand there too
  --dry-run       judges every line and writes nothing

Ends with 1 when a line was refused, with 3 when the file has none.`,
  options: { file: { type: "string" }, "dry-run": { type: "boolean" } },
  async run(services, { positionals, values, output }) {
    const { file } = values;
    if (typeof file !== "string" || positionals.length > 0) throw new UsageError("Which file? Say --file.");
    if (!(await isReadable(file))) throw new UsageError(`"${file}" cannot be read.`);
    const isDryRun = values["dry-run"] === true;
    const importing = createImport(services, { isDryRun });
    const refused: { line: number; code: ImportRefusal; field?: string }[] = [];

    const tell = (line: number, result: ImportOutcome): void => {
      if (result.outcome !== "refused" || refused.length >= REFUSED_SHOWN) return;
      const { code, field } = result;
      refused.push({ line, code, ...(field ? { field } : {}) });
      output.say(`Line ${line}: ${field ? `${field}: ` : ""}${SENTENCES[code]}.`);
    };
    for await (const batch of batches(file))
      for (const { line, result } of await Promise.all(
        batch.map(async ({ line, text }) => ({ line, result: await importing.add(text) })),
      ))
        tell(line, result);

    const counts = await importing.finish();
    const verb = isDryRun ? "Would be imported" : "Imported";
    output.say(
      `${verb}: ${counts.imported}. There already: ${counts.present}, with another password now: ${counts.updated}. Refused: ${counts.refused}.`,
    );
    output.result({ dry_run: isDryRun, ...counts, refused_lines: refused });
    if (counts.refused > 0) return EXIT.failed;
    return counts.imported + counts.present + counts.updated === 0 ? EXIT.nothing : EXIT.done;
  },
};

/** A folder is not; a pipe is. */
async function isReadable(file: string): Promise<boolean> {
  try {
    await access(file, constants.R_OK);
    return !(await stat(file)).isDirectory();
  } catch {
    return false;
  }
}

type NumberedLine = { line: number; text: string };

/** The lines of a file that are not empty, from 1, some at a time. */
async function* batches(file: string): AsyncGenerator<NumberedLine[]> {
  let batch: NumberedLine[] = [];
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(file, "utf8") })) {
    line++;
    if (text.trim() === "") continue;
    batch.push({ line, text });
    if (batch.length < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
