"use client";
import { Pause, Play, SkipForward } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { DeliveryTimeline } from "./delivery-timeline";
import { type Journey, makeJourneys } from "./demo-journeys";
import { StatusLine } from "./status-line";
import { useTexts } from "./texts-provider";
import { describeStatus } from "./timeline";

const TICK_MS = 100;

type Position = { journey: Journey["key"]; frame: number; elapsedMs: number };
const START: Position = { journey: "retry", frame: 0, elapsedMs: 0 };

/**
 * The confirm page's own timeline, going through what can happen. It plays by itself except under reduced motion, can be
 * paused at any time, and steps by hand.
 */
export function TimelineDemo({
  startedAt,
  room,
}: {
  startedAt: string;
  /** The longest that its status line can say. */
  room: readonly string[];
}) {
  const texts = useTexts();
  const { t } = texts;
  const journeys = useMemo(() => makeJourneys(startedAt), [startedAt]);
  const [position, setPosition] = useState(START);
  const [isPlaying, setPlaying] = useState(false);

  useEffect(() => {
    if (matchMedia("(prefers-reduced-motion: no-preference)").matches) setPlaying(true);
  }, []);

  useEffect(() => {
    if (!isPlaying) return;
    const timer = setInterval(() => setPosition((before) => advance(journeys, before, TICK_MS)), TICK_MS);
    return () => clearInterval(timer);
  }, [isPlaying, journeys]);

  const { journey, frame } = find(journeys, position);
  if (!frame) return null;
  const { confirmation, holdMs, passesMs } = frame;
  const nowMs = Date.parse(confirmation.server_time) + (position.elapsedMs / holdMs) * passesMs;
  const status = describeStatus(texts, confirmation, Date.parse(confirmation.server_time));

  return (
    <section
      aria-labelledby="demo-heading"
      className="rounded-card border border-line bg-surface p-4 shadow-card tight:p-3 sm:p-6"
    >
      <div className="mb-4 flex items-center justify-between gap-x-3 tight:flex-wrap">
        <h2 id="demo-heading" className="font-semibold">
          {t("demo.title")}
        </h2>
        <div className="flex noscript:hidden">
          <IconButton
            label={t(isPlaying ? "demo.pause" : "demo.play")}
            icon={isPlaying ? Pause : Play}
            onClick={() => setPlaying(!isPlaying)}
          />
          <IconButton
            label={t("demo.next")}
            icon={SkipForward}
            onClick={() => setPosition((before) => advance(journeys, before, Number.POSITIVE_INFINITY))}
          />
        </div>
      </div>
      <DeliveryTimeline confirmation={confirmation} nowMs={nowMs} />
      <StatusLine tone={status.tone} room={room} isLive={false}>
        {status.sentence}
      </StatusLine>
      <fieldset className="mt-4 grid grid-cols-3 noscript:hidden tight:grid-cols-1 gap-1 rounded-control bg-sunken p-1">
        <legend className="sr-only">{t("demo.choice")}</legend>
        {journeys.map(({ key }) => (
          <label
            key={key}
            className="grid min-h-11 cursor-pointer place-items-center rounded-control px-1 text-center text-small text-fg-muted border border-transparent forced-colors:has-checked:bg-[Highlight] forced-colors:has-checked:text-[HighlightText] forced-colors:has-checked:forced-color-adjust-none has-checked:border-line has-checked:bg-surface has-checked:font-medium has-checked:text-fg has-checked:shadow-near has-focus-visible:outline-2 has-focus-visible:outline-accent-fg"
          >
            <input
              type="radio"
              name="journey"
              value={key}
              checked={key === journey?.key}
              onChange={() => setPosition({ journey: key, frame: 0, elapsedMs: 0 })}
              className="sr-only"
            />
            {t(`demo.${key}`)}
          </label>
        ))}
      </fieldset>
      <p className="mt-3 text-small text-fg-muted noscript:hidden">{t("demo.note")}</p>
    </section>
  );
}

function IconButton({
  label,
  icon: Icon,
  onClick,
}: {
  label: string;
  icon: typeof Play;
  onClick: () => void;
}) {
  return (
    <button
      type="button"
      aria-label={label}
      onClick={onClick}
      className="grid size-11 cursor-pointer place-items-center rounded-control text-fg-muted hover:bg-sunken hover:text-fg"
    >
      <Icon aria-hidden="true" className="size-4.5" />
    </button>
  );
}

function find(journeys: Journey[], position: Position) {
  const journey = journeys.find(({ key }) => key === position.journey);
  return { journey, frame: journey?.frames[position.frame] };
}

/** Moves on by `ms`; past the last frame, the next journey begins. */
function advance(journeys: Journey[], before: Position, ms: number): Position {
  const { journey, frame } = find(journeys, before);
  if (!journey || !frame) return START;
  const elapsedMs = before.elapsedMs + ms;
  if (elapsedMs < frame.holdMs) return { ...before, elapsedMs };
  if (before.frame + 1 < journey.frames.length) return { ...before, frame: before.frame + 1, elapsedMs: 0 };
  const next = journeys[(journeys.indexOf(journey) + 1) % journeys.length] ?? journey;
  return { journey: next.key, frame: 0, elapsedMs: 0 };
}
