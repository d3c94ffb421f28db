import type { ReactNode } from "react";
import type { Tone } from "./timeline";

const LOOK: Record<Tone, string> = {
  done: "bg-done-bg text-done-fg",
  live: "bg-live-bg text-live-fg",
  waiting: "bg-waiting-bg text-waiting-fg",
  bad: "bg-bad-bg text-bad-fg",
  idle: "bg-page text-fg-muted",
};

/** Where things stand in one sentence: the page's one polite live region. Room for the longest is kept. */
export function StatusLine({
  tone,
  children,
  isLive = true,
}: {
  tone: Tone;
  children: ReactNode;
  isLive?: boolean;
}) {
  return (
    <p
      role={isLive ? "status" : undefined}
      className={`mt-1 grid min-h-24.5 content-center max-[359px]:min-h-29 rounded-control px-3.5 py-3 text-small transition-colors duration-200 sm:min-h-19.5 ${LOOK[tone]}`}
    >
      {children}
    </p>
  );
}
