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
      {series.map(({ values, className }) => (
        <path
          key={className}
          d={drawLine(values, top)}
          className={`fill-none ${className}`}
          strokeWidth="1.75"
          strokeLinecap="round"
          strokeLinejoin="round"
          vectorEffect="non-scaling-stroke"
        />
      ))}
    </Frame>
  );
}

/** A path; a value between two gaps is a dot. */
function drawLine(values: readonly (number | null)[], top: number): string {
  const step = WIDTH / values.length;
  return values
    .map((value, slot) => {
      if (value === null) return "";
      const at = `${round((slot + 0.5) * step)} ${round(HEIGHT - (value / top) * HEIGHT)}`;
      const before = values[slot - 1] ?? null;
      return before === null ? `M${at}l0 0` : `L${at}`;
    })
    .join("");
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
  return (
    <Frame label={label}>
      {values.map((value, slot) => {
        if (value === null) return null;
        const height = Math.max(LEAST, Math.min(1, value / full) * (HEIGHT - 4));
        const bad = isBad?.(value) ?? false;
        const x = round(slot * step + step * 0.14);
        const width = round(step * 0.72);
        return (
          <g key={slot} className={bad ? "fill-bad-fg" : "fill-accent"}>
            <rect x={x} y={round(HEIGHT - height)} width={width} height={round(height)} />
            {bad ? (
              <rect x={x} y={round(Math.max(0, HEIGHT - height - 3.5))} width={width} height="1.5" />
            ) : null}
          </g>
        );
      })}
    </Frame>
  );
}

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
