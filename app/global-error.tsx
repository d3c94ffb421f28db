"use client";
import { useEffect, useState } from "react";
import english from "@/messages/en/failure.json";
import type { FailureTexts } from "@/messages/failure-texts";

/**
 * Shown when not even the frame of the pages could be made, which is what brings a page its texts. They are loaded here,
 * in the language of the page that was there, else in the browser's; in English until then. Every page loads this file,
 * so it holds one language, and tells the button in its own words.
 */
export default function GlobalError({ error }: { error: Error & { digest?: string } }) {
  // Read before this page puts its own in its place.
  const [pageTag] = useState(() => (typeof document === "undefined" ? "" : document.documentElement.lang));
  const [loaded, setLoaded] = useState<FailureTexts | null>(null);

  useEffect(() => {
    import("./global-error-parts").then(
      ({ findFailureTexts }) => setLoaded(findFailureTexts([pageTag, ...navigator.languages])),
      () => null,
    );
  }, [pageTag]);

  const { failure } = loaded ?? english;
  return (
    <html lang={loaded?.tag ?? "en"} dir={loaded?.direction}>
      <head>
        <title>{`${failure.title} · Latchkey`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
      </head>
      <body className="min-h-dvh">
        <main className="mx-auto w-full max-w-md px-5 pt-[18vh]">
          <h1 className="text-title font-semibold tracking-tight">{failure.heading}</h1>
          <p className="mt-2 text-fg-muted">{failure.text}</p>
          {error.digest ? (
            <p className="mt-2 text-small text-fg-muted">
              {failure.number.replace("{number}", error.digest)}
            </p>
          ) : null}
          <button
            type="button"
            onClick={() => location.reload()}
            className="mt-6 min-h-11 cursor-pointer rounded-control bg-accent px-4 font-medium text-on-accent"
          >
            {failure.again}
          </button>
        </main>
      </body>
    </html>
  );
}
