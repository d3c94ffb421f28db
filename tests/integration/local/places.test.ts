// Where the files of the database stand-in lie, when root starts it in a folder that no other user can reach.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../../..");
/** Says that it is there, waits for the file `go`, and says which place it was given. */
const CHOOSES = `
  import { existsSync } from "node:fs";
  import { choosePlaces } from "./local/postgres/places.ts";
  const [, dir] = process.argv;
  console.log("there");
  while (!existsSync(dir + "/go"));
  console.log(choosePlaces(dir, { uid: 65534, gid: 65534 }).data);
`;

/** A start of the stand-in, as far as the choice of its place. */
class Chooser {
  private said = "";
  private readonly process: ChildProcess;

  constructor(dir: string) {
    const flags = ["--import", "tsx", "--input-type=module", "-e", CHOOSES, dir];
    this.process = spawn(process.execPath, flags, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    this.process.stdout?.on("data", (chunk) => {
      this.said += chunk;
    });
  }

  async untilThere(): Promise<void> {
    while (!this.said.includes("\n") && this.process.stdout) await once(this.process.stdout, "data");
  }

  async place(): Promise<string> {
    await once(this.process, "close");
    return this.said.split("\n")[1] ?? "";
  }
}

describe.skipIf(process.getuid?.() !== 0)("of many starts at once", () => {
  test.each([
    ["in a new folder", null],
    ["beside a note that came with a copy", "/var/tmp/of-another-folder\n1:1\n"],
  ])("%s, all have the same place", async (_, note) => {
    const dir = mkdtempSync("/var/tmp/latchkey-test-");
    let places: string[] = [];
    try {
      if (note !== null) writeFileSync(path.join(dir, "postgres.home"), note);
      const starts = Array.from({ length: 4 }, () => new Chooser(dir));
      await Promise.all(starts.map((start) => start.untilThere()));
      const chosen = starts.map((start) => start.place());
      writeFileSync(path.join(dir, "go"), "");
      places = await Promise.all(chosen);
      expect(places[0]).toMatch(/\/postgres$/);
      expect(new Set(places).size).toBe(1);
    } finally {
      for (const place of places)
        if (place !== "") rmSync(path.dirname(place), { recursive: true, force: true });
      rmSync(dir, { recursive: true });
    }
  });
});
