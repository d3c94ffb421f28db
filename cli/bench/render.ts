// What a mail costs to render, after the first of its kind and language.
import type { EmailProps } from "@/emails/render";
import { renderEmail } from "@/emails/render";
import { LANGUAGES } from "@/messages/languages";
import type { Figure } from "./figures";

const ROUNDS = 2_000;

export async function measureRender(): Promise<Figure[]> {
  const props = (index: number): EmailProps["confirmation"] => ({
    code: String(index % 1_000_000).padStart(6, "0"),
    confirmUrl: `https://example.com/confirm#link-${index}`,
    notMeUrl: `https://example.com/not-me#link-${index}`,
    language: LANGUAGES[index % LANGUAGES.length] ?? "en",
  });
  const firstAt = process.cpuUsage();
  await renderEmail("confirmation", props(0));
  const first = process.cpuUsage(firstAt);
  for (let index = 1; index < LANGUAGES.length; index++) await renderEmail("confirmation", props(index));
  const since = process.cpuUsage();
  for (let index = 0; index < ROUNDS; index++) await renderEmail("confirmation", props(index));
  const rest = process.cpuUsage(since);
  return [
    {
      name: "a confirmation mail",
      value: (rest.user + rest.system) / 1000 / ROUNDS,
      unit: "ms",
      digits: 3,
      bar: { atMost: 1 },
      note: `processor time, ${LANGUAGES.length} languages in turn; the very first ${((first.user + first.system) / 1000).toFixed(0)} ms`,
    },
  ];
}
