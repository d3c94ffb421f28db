// Whom a start watches, with real shells.
import { execFileSync } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const module_ = pathToFileURL(path.resolve(import.meta.dirname, "../../../local/processes.mjs")).href;
const ask = `"${process.execPath}" --input-type=module -e 'import { ancestryOf } from "${module_}"; console.log(ancestryOf(process.pid))'`;
const through = (script: string) => execFileSync("sh", ["-c", script], { encoding: "utf8" }).trim();

test("npm is watched, and nobody above it, whether its shell stays between or becomes the program", () => {
  // We stand for npm here.
  expect(through(`exec ${ask}`)).toBe(String(process.pid));
  expect(through(`${ask}; true`)).toMatch(new RegExp(`^\\d+/${process.pid}$`));
});
