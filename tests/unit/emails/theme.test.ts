import { describe, expect, test } from "vitest";
import { color, darkColor } from "@/emails/_components/theme";

/** WCAG 2.2, "relative luminance" and "contrast ratio". */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

describe.each([
  ["light", color],
  ["dark", darkColor],
])("in the %s, everything can be read (4.5:1)", (_, theme) => {
  test.each([
    ["text", "page"],
    ["text", "card"],
    ["text", "panel"],
    ["muted", "page"],
    ["muted", "card"],
    ["link", "card"],
    ["onAccent", "accent"],
  ] as const)("%s on %s", (front, back) => {
    expect(contrast(theme[front], theme[back])).toBeGreaterThanOrEqual(4.5);
  });
});

test("no colour is pure black or white, which forced inversion turns harsh", () => {
  for (const hex of [...Object.values(color), ...Object.values(darkColor)])
    expect(["#000000", "#ffffff"]).not.toContain(hex);
});
