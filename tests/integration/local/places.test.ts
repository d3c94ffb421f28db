// Where the files of the database stand-in lie, when root starts it in a folder that no other user can reach.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { choosePlaces, listHomes } from "@/local/postgres/places";

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

/** What four starts at the same time are given in a folder that is as `prepare` left it. */
async function chooseAtOnce(prepare: (dir: string) => void): Promise<string[]> {
  const dir = mkdtempSync("/var/tmp/latchkey-test-");
  try {
    prepare(dir);
    const starts = Array.from({ length: 4 }, () => new Chooser(dir));
    await Promise.all(starts.map((start) => start.untilThere()));
    const chosen = starts.map((start) => start.place());
    writeFileSync(path.join(dir, "go"), "");
    return await Promise.all(chosen);
  } finally {
    for (const home of listHomes(dir)) rmSync(home, { recursive: true, force: true });
    rmSync(dir, { recursive: true });
  }
}

const ACCOUNT = { uid: 65534, gid: 65534 };

describe.skipIf(process.getuid?.() !== 0)("of many starts at once all have the same place", () => {
  test("in a new folder", async () => {
    const places = await chooseAtOnce(() => {});
    expect(places[0]).toMatch(/^\/var\/tmp\/latchkey-.*\/postgres$/);
    expect(new Set(places).size).toBe(1);
  });

  test("in a folder that was copied, which is not the place of the other", async () => {
    const other = mkdtempSync("/var/tmp/latchkey-test-");
    const { data } = choosePlaces(other, ACCOUNT);
    const places = await chooseAtOnce((dir) => cpSync(other, dir, { recursive: true }));
    rmSync(other, { recursive: true });
    expect(new Set(places).size).toBe(1);
    expect(places[0]).not.toBe(data);
  });

  test("in a folder whose place has been cleaned away, which is where it was", async () => {
    let data = "";
    const places = await chooseAtOnce((dir) => {
      data = choosePlaces(dir, ACCOUNT).data;
      rmSync(path.dirname(data), { recursive: true });
    });
    expect(new Set(places)).toEqual(new Set([data]));
  });
});
