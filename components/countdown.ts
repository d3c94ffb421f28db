// How long until an instant, as a person reads it. Pure: the clock comes as an argument.

/** Whole seconds from `nowMs` until an ISO instant, rounded up, so that 0 means "now" and never "in a moment". */
export function secondsUntil(instant: string, nowMs: number): number {
  return Math.max(0, Math.ceil((Date.parse(instant) - nowMs) / 1000));
}

/** `0:58`, `12:05`, `1:02:03`. */
export function formatCountdown(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(Math.floor(seconds % 60))}`;
}
