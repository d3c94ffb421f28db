import { Check, CircleDashed, RotateCw, X } from "lucide-react";
import { type ReactNode, useMemo } from "react";
import type { Confirmation } from "@/domain/confirmation-state";
import { LocalTime } from "./local-time";
import { useTexts } from "./texts-provider";
import {
  describeAttempt,
  describeStepRooms,
  describeSteps,
  type Step,
  type StepRoom,
  type Tone,
} from "./timeline";
import { Spinner } from "./ui/spinner";

/** The way of one mail as an ordered list. Always five steps, each with room for all that can stand there, so that nothing moves when the state does. */
export function DeliveryTimeline({ confirmation, nowMs }: { confirmation: Confirmation; nowMs: number }) {
  const texts = useTexts();
  const rooms = useMemo(() => describeStepRooms(texts), [texts]);
  const attempt = confirmation.delivery && describeAttempt(texts, confirmation.delivery, nowMs);
  return (
    <ol className="grid">
      {describeSteps(texts, confirmation, nowMs).map((step) => (
        <li
          key={step.place}
          data-tone={step.tone}
          aria-current={step.isCurrent ? "step" : undefined}
          className="group relative flex min-h-9 items-start sm:min-h-10 gap-3 not-last:before:absolute not-last:before:start-[0.6875rem] not-last:before:top-6.5 not-last:before:-bottom-0.5 not-last:before:w-px not-last:before:bg-line data-[tone=done]:not-last:before:bg-done-line"
        >
          <StepIcon key={step.key} tone={step.tone} />
          <div className="grid min-w-0 flex-1 grid-cols-1 max-[22.5rem]:pb-2.5 *:[grid-area:1/1]">
            <div className={ROW_CLASS}>
              <span
                className={`${step.isCurrent ? "font-semibold" : step.tone === "idle" ? "text-fg-muted" : "font-medium"}`}
              >
                {texts.rich<ReactNode>(`timeline.said.${step.tone}`, {
                  step: step.label,
                  spoken: (words) => (
                    <span key="spoken" className="sr-only">
                      {words}
                    </span>
                  ),
                })}
              </span>
              <StepSide step={step} attempt={attempt} />
            </div>
            {rooms[step.place].map((room) => (
              <RoomOfStep key={`${room.label} ${room.side}`} room={room} />
            ))}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** The label, and what stands beside it; on the smallest phones, and with larger text, below it where both do not fit unbroken. */
const ROW_CLASS =
  "flex flex-wrap content-start items-start justify-between gap-x-2 min-[22.5rem]:grid min-[22.5rem]:grid-cols-[auto_minmax(min-content,1fr)]";
const SIDE_CLASS =
  "pt-1 text-small leading-4 text-balance tabular-nums min-[22.5rem]:justify-self-end min-[22.5rem]:text-end";

/** Unseen; see components/ui/room.tsx. */
function RoomOfStep({ room: { label, side } }: { room: StepRoom }) {
  return (
    <span aria-hidden="true" className={ROW_CLASS}>
      <span data-room={label} className="room font-semibold" />
      {side === null ? null : <span data-room={side} className={`room ${SIDE_CLASS}`} />}
    </span>
  );
}

function StepSide({ step, attempt }: { step: Step; attempt: string | null }) {
  if (step.isCurrent && attempt)
    return (
      <span className={`${SIDE_CLASS} ${step.tone === "idle" ? "text-fg-muted" : SIDE[step.tone]}`}>
        {attempt}
      </span>
    );
  if (!step.at || step.tone === "idle") return null;
  return <LocalTime at={step.at} shape="time" className={`whitespace-nowrap text-fg-muted ${SIDE_CLASS}`} />;
}

const SIDE: Record<Tone, string> = {
  done: "text-fg-muted",
  live: "text-live-fg",
  waiting: "text-waiting-fg",
  bad: "text-bad-fg",
  idle: "text-fg-muted",
};

const BADGE: Record<Tone, string> = {
  done: "bg-done-bg text-done-fg",
  live: "bg-live-bg text-live-fg",
  waiting: "bg-waiting-bg text-waiting-fg",
  bad: "bg-bad-bg text-bad-fg",
  idle: "text-line-strong",
};

function StepIcon({ tone }: { tone: Tone }) {
  return (
    <span
      aria-hidden="true"
      className={`grid size-6 shrink-0 place-items-center rounded-full ${BADGE[tone]} ${tone === "idle" ? "" : "motion-safe:animate-settle"}`}
    >
      {tone === "done" ? (
        <Check className="size-3.5" strokeWidth={3} />
      ) : tone === "live" ? (
        <Spinner className="size-3.5" />
      ) : tone === "waiting" ? (
        <RotateCw className="size-3.5" strokeWidth={2.5} />
      ) : tone === "bad" ? (
        <X className="size-3.5" strokeWidth={3} />
      ) : (
        <CircleDashed className="size-5" strokeWidth={1.75} />
      )}
    </span>
  );
}
