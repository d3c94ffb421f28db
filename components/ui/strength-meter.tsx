// Loaded when a password field is entered, never with a page: the lists are some 200 KB compressed.
import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { countPasswordCharacters } from "@/domain/password-length";
import { useTexts } from "../texts-provider";

export type StrengthMeterProps = { password: string; min: number; words: readonly string[] };

const estimate = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

/** From 0 to 4, as the library counts; a colour is never the only sign. */
const LEVELS = [
  { word: "strength.level0", colour: "bg-bad-fg" },
  { word: "strength.level1", colour: "bg-bad-fg" },
  { word: "strength.level2", colour: "bg-waiting-fg" },
  { word: "strength.level3", colour: "bg-done-fg" },
  { word: "strength.level4", colour: "bg-done-fg" },
] as const;
const SPOKEN_AFTER_MS = 700;

/** How hard a password is to guess, in a bar and in words. Phrasing content: it stands inside a field's note. */
export function StrengthMeter({ password, min, words }: StrengthMeterProps) {
  const { t } = useTexts();
  const judged = useDeferredValue(password);
  const level = useMemo(() => rate(judged, words), [judged, words]);
  const missing = min - countPasswordCharacters(password);
  const { word, colour } = LEVELS[level] ?? LEVELS[0];
  const judgement = missing > 0 ? t("strength.missing", { missing }) : t(word);
  const spoken = useSettled(judgement);
  const filled = missing > 0 ? 0 : Math.max(1, level);
  return (
    <>
      <span aria-hidden="true" className="-mt-0.5 mb-1 flex gap-1">
        {[1, 2, 3, 4].map((step) => (
          <span
            key={step}
            className={`h-1 flex-1 rounded-full transition-colors duration-150 ${step <= filled ? colour : "bg-line"}`}
          />
        ))}
      </span>
      {/* With the bar, two lines are as high here as two lines of the hint. */}
      <span aria-hidden="true" className="-mb-2 block">
        {t("strength.shown", { judgement })}
      </span>
      <span role="status" className="sr-only">
        {spoken}
      </span>
    </>
  );
}

function rate(password: string, words: readonly string[]): number {
  const parts = words
    .flatMap((word) => [word, ...word.split(/[^\p{L}\p{N}]+/u)])
    .filter((word) => word !== "");
  return estimate.check(password, [...parts, "latchkey"]).score;
}

/** Said once the typing rests, not at each key. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SPOKEN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
