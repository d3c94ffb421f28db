// From the instant a mail is due to its acceptance, while people register at a pace.
import { listLateness } from "@/db/bench";
import { SETTINGS } from "../product/product";
import { type Figure, quantile } from "./figures";
import { askAtPace } from "./load";
import { type Bench, type Registered, registerOne, untilSent } from "./registration";

const PER_SECOND = 20;
const SECONDS = 30;

export async function measureLateness(bench: Bench): Promise<{ figures: Figure[]; people: Registered[] }> {
  const { db, say, signal } = bench;
  say(`${PER_SECOND} people register a second, for ${SECONDS} s …`);
  const since = new Date();
  const registered: Registered[] = [];
  const times: number[] = [];
  await askAtPace(
    PER_SECOND * SECONDS,
    PER_SECOND,
    async () => {
      const one = await registerOne(bench, times);
      if (one) registered.push(one);
    },
    signal,
  );
  await untilSent(bench, since);
  const late = await listLateness(db, since, Number(SETTINGS.EMAIL_QUEUE_DELAY));
  return {
    people: registered,
    figures: [
      {
        name: "due to accepted, p50",
        value: quantile(late, 50),
        unit: "ms",
        digits: 1,
        bar: { atMost: 20 },
        note: `${late.length} mails at ${PER_SECOND}/s, through the local engine`,
      },
      {
        name: "due to accepted, p99",
        value: quantile(late, 99),
        unit: "ms",
        digits: 1,
        bar: { atMost: 120 },
      },
      { name: "answers at that pace, p99", value: quantile(times, 99), unit: "ms", bar: { atMost: 1000 } },
    ],
  };
}
