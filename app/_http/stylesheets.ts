// The stylesheets of this build, as next.config.ts has noted them: pages carry them inside, and the browser takes those
// and no others.
import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

const NOTED = z.array(z.strictObject({ path: z.string(), sha256: z.base64(), text: z.string() }));

export type Stylesheets = z.infer<typeof NOTED>;

/** Null where they are not noted: while one develops, or on a platform that did not take the note along. */
export function readStylesheets(root: string): Stylesheets | null {
  try {
    return NOTED.parse(JSON.parse(readFileSync(path.join(root, ".next", "stylesheets.json"), "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
