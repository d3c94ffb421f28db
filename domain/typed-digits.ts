// The digits of other scripts, as people type them where their keyboard has no others. Pure; for the browser too.

/** Where each script's digits begin: Arabic-Indic, Persian, Devanagari, Bengali. NFKC folds full-width ones already. */
const DIGIT_ZEROS = [0x0660, 0x06f0, 0x0966, 0x09e6];

/** The same text with every such digit as 0 to 9, in NFKC. */
export function foldDigits(typed: string): string {
  return typed.normalize("NFKC").replace(/\p{Nd}/gu, (digit) => {
    const point = digit.codePointAt(0) ?? 0;
    const zero = DIGIT_ZEROS.find((start) => point >= start && point <= start + 9);
    return zero === undefined ? digit : String(point - zero);
  });
}
