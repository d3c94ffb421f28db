// What a bench found: figures with the bar each is held against, as a table for people. Pure.

export type Figure = {
  /** What was measured, in words. */
  name: string;
  value: number;
  /** Behind the value; empty for a ratio. */
  unit: string;
  /** How many digits behind the point are worth reading. */
  digits?: number;
  bar?: { atLeast: number } | { atMost: number };
  /** How it came about: sample size, what else ran. */
  note?: string;
};

export type Section = { title: string; figures: Figure[] };

export const meetsBar = ({ value, bar }: Figure): boolean | null =>
  bar === undefined ? null : "atLeast" in bar ? value >= bar.atLeast : value <= bar.atMost;

const number = (value: number, digits: number) =>
  value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

const MARKS = { true: "✓", false: "✗", null: " " } as const;

/** One table, a section after another. A ✗ is a bar that was not reached on this machine, this time. */
export function formatSections(sections: readonly Section[]): string {
  const rows = sections.flatMap(({ title, figures }) => [
    { title },
    ...figures.map((figure) => {
      const { name, value, unit, digits = 0, bar, note = "" } = figure;
      const show = (amount: number) => `${number(amount, digits)}${unit && ` ${unit}`}`;
      return {
        name,
        value: show(value),
        mark: MARKS[`${meetsBar(figure)}`],
        bar: bar === undefined ? "" : "atLeast" in bar ? `≥ ${show(bar.atLeast)}` : `≤ ${show(bar.atMost)}`,
        note,
      };
    }),
  ]);
  const width = (key: "name" | "value" | "bar") =>
    Math.max(0, ...rows.map((row) => ("name" in row ? row[key].length : 0)));
  const [names, values, bars] = [width("name"), width("value"), width("bar")];
  return rows
    .map((row) =>
      "name" in row
        ? `  ${row.name.padEnd(names)}  ${row.value.padStart(values)}  ${row.mark} ${row.bar.padEnd(bars)}  ${row.note}`.trimEnd()
        : `\n${row.title}`,
    )
    .join("\n");
}

/** Nearest rank; NaN of nothing. `values` need not be sorted. */
export function quantile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] ?? Number.NaN;
}
