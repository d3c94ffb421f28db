"use client";
import { type Language, localeOf } from "@/messages/languages";
import { useTexts } from "./texts-provider";
import { useHydrated } from "./use-hydrated";

const SHAPES = {
  time: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  minute: { hour: "2-digit", minute: "2-digit" },
  day: { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** English days come before their months here, as in most of the world; everybody's day has 24 hours. */
const dateLocaleOf = (language: Language) => (language === "en" ? "en-GB" : localeOf(language));

/** An instant in UTC, saying so; for inside <noscript>, which must not hold another one. */
export function UtcTime({ at, shape }: { at: string; shape: keyof typeof SHAPES }) {
  const { language } = useTexts();
  const format = new Intl.DateTimeFormat(dateLocaleOf(language), {
    ...SHAPES[shape],
    hourCycle: "h23",
    timeZone: "UTC",
  });
  return (
    <time dateTime={at} suppressHydrationWarning>
      <Unbroken parts={format.formatToParts(new Date(at))} /> UTC
    </time>
  );
}

/**
 * An instant in the reader's own time zone. The server does not know that zone: without JavaScript it stays in UTC and
 * says so; with it, it is not seen until it is right (`data-zone` in globals.css), at the same width. A browser may know
 * another way to write a date than the server, in some languages: that is nothing to warn of.
 */
export function LocalTime({
  at,
  shape,
  className,
}: {
  at: string;
  shape: keyof typeof SHAPES;
  className?: string;
}) {
  const { language } = useTexts();
  const isHydrated = useHydrated();
  const format = new Intl.DateTimeFormat(dateLocaleOf(language), {
    ...SHAPES[shape],
    hourCycle: "h23",
    ...(isHydrated ? {} : { timeZone: "UTC" }),
  });
  return (
    <time
      dateTime={at}
      data-zone={isHydrated ? "local" : "utc"}
      className={className}
      suppressHydrationWarning
    >
      {/* Made anew in the reader's zone, whatever the server had written: of a part that is the same in both, React would
          keep the server's words. */}
      <Unbroken key={isHydrated ? "local" : "utc"} parts={format.formatToParts(new Date(at))} />
      {isHydrated ? null : <noscript> UTC</noscript>}
    </time>
  );
}

/** A line may end between the day and the hour, and nowhere else. */
function Unbroken({ parts }: { parts: readonly Intl.DateTimeFormatPart[] }) {
  const textOf = (some: readonly Intl.DateTimeFormatPart[]) => some.map(({ value }) => value).join("");
  const hour = parts.findIndex(({ type }) => type === "hour");
  if (hour <= 0)
    return (
      <span className="whitespace-nowrap" suppressHydrationWarning>
        {textOf(parts)}
      </span>
    );
  return (
    <>
      <span className="whitespace-nowrap" suppressHydrationWarning>
        {textOf(parts.slice(0, hour - 1))}
      </span>
      {textOf(parts.slice(hour - 1, hour))}
      <span className="whitespace-nowrap" suppressHydrationWarning>
        {textOf(parts.slice(hour))}
      </span>
    </>
  );
}
