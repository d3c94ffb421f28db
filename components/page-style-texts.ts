// The texts of the styles on their way from app/_data/page-styles.ts to page-style.tsx: both run in one process, as two
// programs that share no module.
type Shared = { latchkeyPageStyles?: Readonly<Record<string, string>> };
const shared = globalThis as Shared;

/** By name. On the server alone, before a page is made. */
export function sharePageStyles(texts: Readonly<Record<string, string>>): void {
  shared.latchkeyPageStyles = texts;
}

/** The one of that name; empty when it was not shared. */
export const pageStyle = (name: string): string => shared.latchkeyPageStyles?.[name] ?? "";
