// Small charts as SVG made on the server: no script, no style attribute (the policy allows neither), colours by class.
// Each says in its label what a reader of the page hears; the numbers stand in a table beside it.
import "server-only";

const WIDTH = 240;
const HEIGHT = 56;
/** A value of 0 is seen as a mark on the ground, a slot without any value as nothing. */
const LEAST = 1.5;

type Series = { values: readonly (number | null)[]; className: string };

/**
 * Lines over the same slots. `line`: a value that none should pass, drawn when it is within what is drawn; a slot
 * without a value interrupts a line.
 */
export function LineChart({
  label,
  series,
  line,
}: {
  label: string;
  series: readonly Series[];
  line?: number;
}) {
  const highest = Math.max(...series.flatMap(({ values }) => values.filter((value) => value !== null)), 0);
  const top = highest * 1.1 || 1;
  return (
    <Frame label={label}>
      {line !== undefined && line < top ? <Rule at={HEIGHT - (line / top) * HEIGHT} /> : null}
      {series.map(({ values, className }) => {
        const { line, dots } = drawLine(values, top);
        const look = {
          className: `fill-none ${className}`,
          strokeLinecap: "round",
          strokeLinejoin: "round",
          vectorEffect: "non-scaling-stroke",
        } as const;
        return (
          <g key={className}>
            <path d={line} strokeWidth="1.75" {...look} />
            <path d={dots} strokeWidth="5" {...look} />
          </g>
        );
      })}
    </Frame>
  );
}

/** Two paths: the line, and the dots, which are values between two gaps. */
function drawLine(values: readonly (number | null)[], top: number): { line: string; dots: string } {
  const step = WIDTH / values.length;
  let [line, dots] = ["", ""];
  for (const [slot, value] of values.entries()) {
    if (value === null) continue;
    const at = `${round((slot + 0.5) * step)} ${round(HEIGHT - (value / top) * HEIGHT)}`;
    const [isAfter, isBefore] = [slot - 1, slot + 1].map((beside) => (values[beside] ?? null) !== null);
    if (isAfter) line += `L${at}`;
    else if (isBefore) line += `M${at}`;
    else dots += `M${at}l0 0`;
  }
  return { line, dots };
}

/** Bars; those that `isBad` says so of are red, and have a mark on top, which is seen without colours too. */
export function BarChart({
  label,
  values,
  top,
  isBad,
}: {
  label: string;
  values: readonly (number | null)[];
  /** The value that fills the height; the highest one where it is not given. */
  top?: number;
  isBad?: (value: number) => boolean;
}) {
  const step = WIDTH / values.length;
  const full = top ?? Math.max(...values.filter((value) => value !== null), 1);
  let [good, bad] = ["", ""];
  for (const [slot, value] of values.entries()) {
    if (value === null) continue;
    const height = Math.max(LEAST, Math.min(1, value / full) * (HEIGHT - 4));
    const [x, width] = [slot * step + step * 0.14, step * 0.72];
    const bar = drawBox(x, HEIGHT - height, width, height);
    if (isBad?.(value)) bad += bar + drawBox(x, Math.max(0, HEIGHT - height - 3.5), width, 1.5);
    else good += bar;
  }
  // One path of all bars: elements of the server are written twice (components/operators/delivery-rows.tsx).
  return (
    <Frame label={label}>
      {good ? <path d={good} className="fill-accent" /> : null}
      {bad ? <path d={bad} className="fill-bad-fg" /> : null}
    </Frame>
  );
}

const drawBox = (x: number, y: number, width: number, height: number) =>
  `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${-round(width)}z`;

function Frame({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="block h-14 w-full overflow-visible"
    >
      <line
        x1="0"
        x2={WIDTH}
        y1={HEIGHT}
        y2={HEIGHT}
        className="stroke-line"
        vectorEffect="non-scaling-stroke"
      />
      {children}
    </svg>
  );
}

const Rule = ({ at }: { at: number }) => (
  <line
    x1="0"
    x2={WIDTH}
    y1={round(at)}
    y2={round(at)}
    className="stroke-bad-fg"
    strokeDasharray="4 4"
    vectorEffect="non-scaling-stroke"
  />
);

const round = (value: number) => Math.round(value * 100) / 100;
