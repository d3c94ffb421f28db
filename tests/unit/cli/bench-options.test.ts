// What `npm run bench` is told.
import { expect, test } from "vitest";
import { readOpsOptions } from "@/cli/bench/ops-options";
import {
  readBenchName,
  readBurstOptions,
  readFiguresOptions,
  readGrowthOptions,
  readProfileOptions,
  readSoakOptions,
} from "@/cli/bench/options";

test("a bench has a name, the first one needs none, and a slip is told", () => {
  expect(readBenchName([])).toEqual({ name: "figures", rest: [] });
  expect(readBenchName(["--people", "9"])).toEqual({ name: "figures", rest: ["--people", "9"] });
  expect(readBenchName(["burst", "--people", "9"])).toEqual({ name: "burst", rest: ["--people", "9"] });
  expect(() => readBenchName(["brust"])).toThrow('no bench "brust"');
});

test("each bench refuses what makes no sense", () => {
  expect(readBurstOptions([])).toMatchObject({ people: 1000, perSecond: 10, atOnce: 16 });
  expect(() => readBurstOptions(["--people", "0"])).toThrow("--people 0");
  expect(readFiguresOptions(["--people", "20"])).toEqual({ people: 20, json: null, help: false });
  expect(() => readFiguresOptions(["--people", "many"])).toThrow("--people many");
  expect(readSoakOptions([])).toMatchObject({ minutes: 10 });
  expect(() => readSoakOptions(["--minutes", "-1"])).toThrow("--minutes");
  expect(readGrowthOptions([])).toMatchObject({ people: 1_000_000, registrations: 400 });
  expect(() => readGrowthOptions(["--registrations", "1.5"])).toThrow("--registrations 1.5");
  expect(readProfileOptions(["--people", "20"])).toEqual({ people: 20, json: null, help: false });
  expect(() => readProfileOptions(["--people", "0"])).toThrow("--people 0");
  expect(readOpsOptions([])).toMatchObject({ rows: 1_000_000, days: 90, times: 30 });
  expect(() => readOpsOptions(["--rows", "none"])).toThrow("--rows none");
});
