// How long until an instant, as a person reads it. Pure: the clock comes as an argument.
import { type Language, localeOf } from "@/messages/languages";

/** Whole seconds from `nowMs` until an ISO instant, rounded up, so that 0 means "now" and never "in a moment". */
export function secondsUntil(instant: string, nowMs: number): number {
  return Math.max(0, Math.ceil((Date.parse(instant) - nowMs) / 1000));
}

/** `0:58`, `12:05`, `1:02:03`, in the digits of the language. */
export function formatCountdown(seconds: number, language: Language): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = Math.floor(seconds % 60);
  return [...(hours > 0 ? [hours] : []), minutes, rest]
    .map((part, index) =>
      new Intl.NumberFormat(localeOf(language), {
        useGrouping: false,
        minimumIntegerDigits: index > 0 ? 2 : 1,
      }).format(part),
    )
    .join(":");
}
