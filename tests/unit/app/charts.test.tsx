import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { BarChart, LineChart } from "@/app/_ops/charts";

const count = (text: string, part: RegExp) => [...text.matchAll(part)].length;

describe("a chart", () => {
  test("is a picture with a sentence, and has neither style nor script", () => {
    for (const svg of [
      renderToStaticMarkup(<BarChart label="Failed, last hour" values={[1, 2]} />),
      renderToStaticMarkup(
        <LineChart label="Failed, last hour" series={[{ values: [1], className: "a" }]} />,
      ),
    ]) {
      expect(svg).toMatch(/^<svg role="img" aria-label="Failed, last hour"/);
      expect(svg).not.toMatch(/style|script|on\w+=/i);
    }
  });

  test("of bars shows nothing where there was nothing, a mark where it was 0, and marks what is bad by more than a colour", () => {
    const svg = renderToStaticMarkup(
      <BarChart label="x" values={[null, 0, 1, 2]} top={2} isBad={(value) => value > 1} />,
    );
    const [good = "", bad = ""] = [...svg.matchAll(/<path d="([^"]*)"/g)].map(([, path]) => path);
    expect(svg).toContain(`d="${bad}" class="fill-bad-fg"`);
    expect(count(good, /M/g)).toBe(2);
    expect(good).toContain("v1.5h");
    // The bad one has two parts.
    expect(count(bad, /M/g)).toBe(2);
    expect(bad).toContain("v1.5h");
  });

  test("of lines is interrupted where there was nothing, and shows a lone value", () => {
    const svg = renderToStaticMarkup(
      <LineChart label="x" series={[{ values: [1, 2, null, 3], className: "a" }]} />,
    );
    const [line = "", dots = ""] = [...svg.matchAll(/<path d="([^"]*)"/g)].map(([, path]) => path);
    expect(count(line, /M/g)).toBe(1);
    expect(count(line, /L/g)).toBe(1);
    // As wide as its stroke.
    expect(dots).toMatch(/^M[\d. ]+l0 0$/);
  });

  test("of lines draws the line that none should pass only where it is within what is drawn", () => {
    const draw = (highest: number) =>
      renderToStaticMarkup(<LineChart label="x" line={1} series={[{ values: [highest], className: "a" }]} />);
    expect(draw(0.2)).not.toContain("stroke-dasharray");
    expect(draw(1.5)).toContain("stroke-dasharray");
  });

  test("of nothing at all is an empty one", () => {
    for (const values of [[], [null, null]]) {
      expect(renderToStaticMarkup(<BarChart label="x" values={values} />)).not.toContain("NaN");
      const svg = renderToStaticMarkup(<LineChart label="x" series={[{ values, className: "a" }]} />);
      expect(svg).not.toMatch(/NaN|Infinity/);
    }
  });
});
