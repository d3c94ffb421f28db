import type { ReactNode } from "react";
import type { Tone } from "./timeline";
import { Room } from "./ui/room";

const LOOK: Record<Tone, string> = {
  done: "bg-done-bg text-done-fg",
  live: "bg-live-bg text-live-fg",
  waiting: "bg-waiting-bg text-waiting-fg",
  bad: "bg-bad-bg text-bad-fg",
  idle: "bg-page text-fg-muted",
};

/** Where things stand in one sentence: the page's one polite live region. Room for the longest, `room`, is kept. */
export function StatusLine({
  tone,
  room,
  children,
  isLive = true,
}: {
  tone: Tone;
  /** What else can stand here. */
  room: readonly string[];
  children: ReactNode;
  isLive?: boolean;
}) {
  return (
    <p
      role={isLive ? "status" : undefined}
      className={`mt-1 rounded-control border border-transparent px-3.5 py-3 text-small wrap-anywhere transition-colors duration-200 ${LOOK[tone]}`}
    >
      <Room texts={room} className="items-center">
        {children}
      </Room>
    </p>
  );
}
