// Marks that say in which direction text runs, and that nobody sees or types: what is copied from a page that is read
// from right to left brings them along. Pure.

/** Left- and right-to-left, Arabic letter mark, embeddings, overrides and isolates (UAX 9, 2). */
const BIDI_MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export const withoutBidiMarks = (text: string): string => text.replace(BIDI_MARKS, "");
