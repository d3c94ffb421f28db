"use client";
import { NoticePage } from "@/components/notice-page";
import { buttonClass } from "@/components/ui/button-class";

/** Shown when a page could not be made. `digest` is what the server's log calls it. */
export default function ErrorPage({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <NoticePage
      title="Something went wrong on our side"
      actions={
        <>
          <button type="button" onClick={reset} className={buttonClass("primary")}>
            Try again
          </button>
          <a href="/" className={buttonClass("secondary")}>
            To the front page
          </a>
        </>
      }
    >
      <title>Something went wrong · Latchkey</title>
      <p>Nothing of yours is lost. It usually helps to try again in a moment.</p>
      {error.digest ? (
        <p className="mt-2 text-small">
          If it stays so, tell us this number: <span className="font-mono">{error.digest}</span>
        </p>
      ) : null}
    </NoticePage>
  );
}
