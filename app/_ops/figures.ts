// The figures of success for the page: those of a day and of a week are counted once in a while, however many operators
// look and reload, because a week of a busy product is many rows.
import "server-only";
import { readSpan, type Span, type SpanFigures, type SuccessFigures } from "@/domain/success-figures";
import { services } from "@/services";

/** A bar of each is an hour, or six: nobody sees what came since. */
const KEPT_MS: Record<Span, number> = { "1h": 0, "24h": 20_000, "7d": 60_000 };

type Kept = { figures: Promise<SpanFigures | null>; untilMs: number };

// Next bundles pages apart; they share one process.
const shared = globalThis as typeof globalThis & { latchkeyFigures?: Map<Span, Kept> };

export async function readFigures(): Promise<SuccessFigures> {
  const [hour, day, week] = await Promise.all([readKept("1h"), readKept("24h"), readKept("7d")]);
  return { "1h": hour, "24h": day, "7d": week };
}

function readKept(span: Span): Promise<SpanFigures | null> {
  shared.latchkeyFigures ??= new Map();
  const kept = shared.latchkeyFigures;
  const known = kept.get(span);
  if (known && known.untilMs > performance.now()) return known.figures;
  const figures = readSpan(services(), span);
  kept.set(span, { figures, untilMs: performance.now() + KEPT_MS[span] });
  // What went wrong is asked again by the next one.
  figures.catch(() => kept.delete(span));
  return figures;
}
