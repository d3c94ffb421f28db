"use client";
import "./globals.css";

/**
 * Shown when not even the frame of the pages could be made. English only: the frame is what brings a page its texts, and
 * nine languages here would be loaded by every page, for one that hardly anybody ever sees.
 */
export default function GlobalError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <html lang="en">
      <head>
        <title>Something went wrong · Latchkey</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
      </head>
      <body className="min-h-dvh">
        <main className="mx-auto w-full max-w-md px-5 pt-[18vh]">
          <h1 className="text-title font-semibold tracking-tight">Something went wrong on our side</h1>
          <p className="mt-2 text-fg-muted">Nothing of yours is lost. Please try again.</p>
          {error.digest ? (
            <p className="mt-2 text-small text-fg-muted">
              If it stays so, tell us this number: <span className="font-mono">{error.digest}</span>
            </p>
          ) : null}
          {/* Every page loads this file: the button is told in its own words, without what other buttons share. */}
          <button
            type="button"
            onClick={reset}
            className="mt-6 min-h-11 cursor-pointer rounded-control bg-accent px-4 font-medium text-on-accent"
          >
            Try again
          </button>
        </main>
      </body>
    </html>
  );
}
