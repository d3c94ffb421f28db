// Starts a product for what is measured of it, and collects the figures.
import { cpus } from "node:os";
import { openDatabase } from "@/db/client";
import { type Run, withProduct } from "../product/product";
import { measureEngine } from "./engine";
import { formatSections, type Section } from "./figures";
import { measureGrowth } from "./growth";
import { measureLateness } from "./lateness";
import { createAsker } from "./load";
import { measureOpenPages } from "./open-pages";
import type { FiguresOptions, GrowthOptions, ProfileOptions, SoakOptions } from "./options";
import { measureProfile, profiled } from "./profile";
import { measureRefusals } from "./refusals";
import { type Bench, measureRegistration } from "./registration";
import { measureRender } from "./render";
import { measureSoak } from "./soak";

export type BenchResult = {
  ok: true;
  machine: { cores: number; model: string; node: string };
  sections: Section[];
};

/** Null when `signal` ended it. */
export function runFigures(
  root: string,
  options: FiguresOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<BenchResult | null> {
  return measure(root, say, signal, async (bench) => {
    const rendering = await measureRender();
    const fast = await measureRegistration(bench, options.people);
    bench.say(formatSections([{ title: "Registering", figures: fast.figures }]));
    const paced = await measureLateness(bench);
    bench.say(formatSections([{ title: "On time", figures: paced.figures }]));
    const everybody = [...paced.people, ...fast.people];
    const refusals = await measureRefusals(bench, everybody);
    const pages = await measureOpenPages(bench, everybody);
    const engine = await measureEngine(bench, root);
    return [
      { title: "Registering", figures: fast.figures },
      { title: "Rendering", figures: rendering },
      { title: "Calls without a hash, both processes", figures: refusals },
      { title: "On time", figures: paced.figures },
      { title: "The local engine alone", figures: engine },
      { title: "Open pages", figures: pages },
    ];
  });
}

/** Null when `signal` ended it. */
export function runSoak(
  root: string,
  { minutes }: SoakOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<BenchResult | null> {
  return measure(root, say, signal, async (bench) => [
    { title: "Memory", figures: await measureSoak(bench, minutes) },
  ]);
}

/** Null when `signal` ended it. */
export function runGrowth(
  root: string,
  options: GrowthOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<BenchResult | null> {
  return measure(root, say, signal, (bench) => measureGrowth(bench, options));
}

/** Null when `signal` ended it. */
export function runProfile(
  root: string,
  { people }: ProfileOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<BenchResult | null> {
  const { folder, env } = profiled(root);
  return measure(root, say, signal, (bench) => measureProfile(bench, people, { root, folder }), env);
}

async function measure(
  root: string,
  say: (line: string) => void,
  signal: AbortSignal,
  work: (bench: Bench) => Promise<Section[]>,
  watched: Record<string, string> = {},
): Promise<BenchResult | null> {
  const settings = { EMAIL_TIMEOUT: "10" };
  const setup = { root, name: "bench", transport: "resend" as const, settings, watched };
  const sections = await withProduct(setup, say, async ({ product, onEnd }: Run) => {
    const { db, close } = openDatabase(product.postgres.url, 2);
    onEnd(close);
    const asker = createAsker();
    onEnd(async () => asker.close());
    return work({ product, db, asker, say, signal }).catch((error: unknown) => {
      if (signal.aborted) return null;
      throw error;
    });
  });
  if (!sections) return null;
  const [core] = cpus();
  const machine = { cores: cpus().length, model: core?.model ?? "unknown", node: process.version };
  return { ok: true, machine, sections };
}

export const formatResult = ({ machine: { cores, model, node }, sections }: BenchResult): string =>
  `${cores} cores, ${model}, Node ${node}\n${formatSections(sections)}`;
