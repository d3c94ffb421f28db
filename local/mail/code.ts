// The code a person is meant to type.

/** The first six digits that stand alone, also when written as `123 456` or `123-456`; null when there are none. */
export function findCode(text: string): string | null {
  const match = /(?<![\d#.,:/-])(\d{3})[ \u00a0-]?(\d{3})(?![\d.,:/-]*\d)/.exec(text);
  return match ? `${match[1]}${match[2]}` : null;
}
