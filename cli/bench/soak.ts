// Memory of an app process: after many registrations, and while it goes on working.
import { setTimeout as delay } from "node:timers/promises";
import type { Figure } from "./figures";
import { askAll, askAtPace } from "./load";
import { readResidentMb } from "./processes";
import { type Bench, registerOne, untilSent } from "./registration";

const PEOPLE = 10_000;
const AT_ONCE = 32;
const PER_SECOND = 10;
/** What the garbage collector makes of a process that does the same all the time goes up and down by so much. */
const NOISE_MB = 15;

/** `minutes`: how long it goes on afterwards, at a pace. */
export async function measureSoak(bench: Bench, minutes: number): Promise<Figure[]> {
  const { product, say, signal } = bench;
  const apps = Object.values(product.apps).map(({ part }) => part.pid());
  const resident = () => Math.max(...apps.map(readResidentMb));
  const register = async () => void (await registerOne(bench, []));
  say(`${PEOPLE.toLocaleString("en")} people register …`);
  const since = new Date();
  await askAll(PEOPLE, AT_ONCE, register, signal);
  await untilSent(bench, since);
  await delay(5_000);
  const after = resident();
  say(`${PER_SECOND} a second for ${minutes} minutes …`);
  // The least of each half: garbage that has not been collected yet is no growth.
  const halves: number[] = [];
  for (const _ of [1, 2]) {
    const seen: number[] = [];
    const timer = setInterval(() => seen.push(resident()), 1_000);
    await askAtPace((PER_SECOND * minutes * 60) / 2, PER_SECOND, register, signal);
    clearInterval(timer);
    halves.push(Math.min(...seen));
  }
  const [first = Number.NaN, second = Number.NaN] = halves;
  return [
    {
      name: `an app process after ${PEOPLE.toLocaleString("en")} registrations`,
      value: after,
      unit: "MB",
      bar: { atMost: 250 },
      note: "resident, of two the larger one",
    },
    {
      name: `growth in the second half of ${minutes} minutes`,
      value: second - first,
      unit: "MB",
      digits: 1,
      bar: { atMost: NOISE_MB },
      note: `least resident memory of each half: ${first.toFixed(0)} and ${second.toFixed(0)} MB`,
    },
  ];
}
