// Colours, sizes and type of every mail: the app's (app/globals.css), in hex, which is what mail clients read. Off-white
// and off-black: clients that invert colours by force (Gmail, Outlook) leave such pairs readable.
import type { CSSProperties } from "react";

export type Direction = "ltr" | "rtl";

export const color = {
  page: "#faf9f7",
  card: "#fffffe",
  border: "#dedfe4",
  text: "#191d26",
  muted: "#585c67",
  accent: "#2d54d3",
  link: "#2d54d3",
  onAccent: "#fffffe",
  panel: "#eef3fe",
} as const;

/** The same names in the dark; reached by class, see `styleSheet`. */
export const darkColor = {
  page: "#0f1115",
  card: "#181a1f",
  border: "#2d3037",
  text: "#f1f0ed",
  muted: "#a5a9b2",
  accent: "#3963e2",
  link: "#90b1fc",
  onAccent: "#fffffe",
  panel: "#1d2435",
} as const;

export const font = {
  sans: "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
  mono: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', 'Courier New', monospace",
} as const;

export const text: CSSProperties = {
  margin: "0 0 16px 0",
  fontFamily: font.sans,
  fontSize: "16px",
  lineHeight: "26px",
  color: color.text,
};

export const smallText: CSSProperties = {
  ...text,
  margin: "0 0 8px 0",
  fontSize: "13px",
  lineHeight: "20px",
  color: color.muted,
};

/**
 * Only for clients that read style sheets; every mail is complete without. `data-ogsc` is Outlook.com's own dark mode.
 * No `>` and no quotes: React would escape them inside of <style>.
 */
export const styleSheet = [
  ":root { color-scheme: light dark; supported-color-schemes: light dark; }",
  // Apple Mail and Gmail make links of numbers and addresses; they shall look like the text they are.
  "a[x-apple-data-detectors] { color: inherit !important; text-decoration: none !important; }",
  "#MessageViewBody a { color: inherit; text-decoration: none; }",
  "@media (max-width: 480px) { .lk-gutter { padding-left: 24px !important; padding-right: 24px !important; } }",
  `@media (prefers-color-scheme: dark) { ${darkRules("")} }`,
  darkRules("[data-ogsc] "),
].join("\n");

function darkRules(scope: string): string {
  return [
    `${scope}.lk-page { background-color: ${darkColor.page} !important; }`,
    `${scope}.lk-card { background-color: ${darkColor.card} !important; border-color: ${darkColor.border} !important; }`,
    `${scope}.lk-text { color: ${darkColor.text} !important; }`,
    `${scope}.lk-muted { color: ${darkColor.muted} !important; }`,
    `${scope}.lk-link { color: ${darkColor.link} !important; }`,
    `${scope}.lk-panel { background-color: ${darkColor.panel} !important; }`,
    `${scope}.lk-button { background-color: ${darkColor.accent} !important; color: ${darkColor.onAccent} !important; }`,
    `${scope}.lk-mark { background-color: ${darkColor.accent} !important; }`,
    `${scope}.lk-ink { background-color: ${darkColor.onAccent} !important; }`,
    `${scope}.lk-bow { border-color: ${darkColor.onAccent} !important; }`,
  ].join(" ");
}
