// Retry-After (RFC 9110 10.2.3): seconds, or a date.

/** Whole seconds to wait, rounded up, never negative; null when the header is missing or unreadable. */
export function parseRetryAfter(value: string | undefined, now: Date): number | null {
  const text = value?.trim();
  if (!text) return null;
  // The RFC has whole seconds; some providers send decimals.
  if (/^[0-9]{1,9}(\.[0-9]+)?$/.test(text)) return Math.ceil(Number(text));
  // A date begins with the name of a day; Date.parse alone would also take "-5" for one.
  if (!/^(mon|tue|wed|thu|fri|sat|sun)/i.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now.getTime()) / 1000));
}
