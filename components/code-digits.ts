// What was typed or pasted into the code field, as the digits it means. Pure.
import { foldDigits } from "@/domain/typed-digits";

/** As many as the mail shows. */
export const CODE_LENGTH = 6;

/** Keeps the digits of "123 456", "123-456" or "Your code: 123456" and cuts after six; the server judges the rest. */
export function readDigits(typed: string): string {
  return foldDigits(typed)
    .replace(/[^0-9]/g, "")
    .slice(0, CODE_LENGTH);
}
