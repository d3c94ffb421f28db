"use client";
import { useHydrated } from "./use-hydrated";

const SHAPES = {
  time: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  minute: { hour: "2-digit", minute: "2-digit" },
  day: { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** An instant in the reader's own time zone; in UTC, and saying so, while the server does not know that zone. */
export function LocalTime({
  at,
  shape,
  className,
}: {
  at: string;
  shape: keyof typeof SHAPES;
  className?: string;
}) {
  const isHydrated = useHydrated();
  const options: Intl.DateTimeFormatOptions = { ...SHAPES[shape], hourCycle: "h23" };
  const text = isHydrated
    ? new Intl.DateTimeFormat("en-GB", options).format(new Date(at))
    : `${new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }).format(new Date(at))} UTC`;
  return (
    <time dateTime={at} className={className}>
      {text}
    </time>
  );
}
