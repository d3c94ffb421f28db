// Values of command lines. Pure.

/** A whole number from 1 to `max`. Throws a sentence that names the option. */
export function readInteger(option: string, text: string, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new Error(`${option} ${text}: it must be a whole number from 1 to ${max}.`);
  return value;
}

/** What everything that is drawn follows from. Throws a sentence. */
export function readSeed(text: string): string {
  if (text === "" || text.length > 100) throw new Error("--seed must be 1 to 100 characters.");
  return text;
}
