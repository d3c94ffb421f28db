// Colours, sizes and type of every mail. Light and dark values are both off-white and off-black: clients that invert
// colours by force (Gmail, Outlook) leave such pairs readable, and pure black or white turns harsh.
import type { CSSProperties } from "react";

export const color = {
  page: "#f6f6f3",
  card: "#fffefb",
  border: "#e6e5df",
  text: "#23231f",
  muted: "#6b6a62",
  accent: "#4a45c4",
  onAccent: "#fffefb",
  panel: "#f3f2fb",
} as const;

const dark = {
  page: "#191917",
  card: "#232320",
  border: "#3a3a35",
  text: "#f1f0ea",
  muted: "#a8a79d",
  accent: "#b3b0ff",
  onAccent: "#1d1b45",
  panel: "#2c2b3d",
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
    `${scope}.lk-page { background-color: ${dark.page} !important; }`,
    `${scope}.lk-card { background-color: ${dark.card} !important; border-color: ${dark.border} !important; }`,
    `${scope}.lk-text { color: ${dark.text} !important; }`,
    `${scope}.lk-muted { color: ${dark.muted} !important; }`,
    `${scope}.lk-link { color: ${dark.accent} !important; }`,
    `${scope}.lk-rule { border-color: ${dark.border} !important; }`,
    `${scope}.lk-panel { background-color: ${dark.panel} !important; }`,
    `${scope}.lk-button { background-color: ${dark.accent} !important; color: ${dark.onAccent} !important; }`,
    `${scope}.lk-mark { background-color: ${dark.accent} !important; color: ${dark.onAccent} !important; }`,
  ].join(" ");
}
