// What was typed or pasted into the code field, as the digits it means. Pure.

/** As many as the mail shows. */
export const CODE_LENGTH = 6;

/** Where each script's digits begin: Arabic-Indic, Persian, Devanagari, Bengali. NFKC folds full-width ones already. */
const DIGIT_ZEROS = [0x0660, 0x06f0, 0x0966, 0x09e6];

/** Keeps the digits of "123 456", "123-456" or "Your code: 123456" and cuts after six; the server judges the rest. */
export function readDigits(typed: string): string {
  let digits = "";
  for (const character of typed.normalize("NFKC")) {
    const digit = digitOf(character);
    if (digit !== null) digits += digit;
    if (digits.length === CODE_LENGTH) break;
  }
  return digits;
}

function digitOf(character: string): string | null {
  if (character >= "0" && character <= "9") return character;
  const point = character.codePointAt(0) ?? 0;
  const zero = DIGIT_ZEROS.find((start) => point >= start && point <= start + 9);
  return zero === undefined ? null : String(point - zero);
}
