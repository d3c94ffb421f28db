import { Check, CircleDashed, RotateCw, X } from "lucide-react";
import type { ReactNode } from "react";
import type { Confirmation } from "@/domain/confirmation-state";
import { LocalTime } from "./local-time";
import { useTexts } from "./texts-provider";
import { describeAttempt, describeSteps, type Step, type Tone } from "./timeline";
import { Spinner } from "./ui/spinner";

/** The way of one mail as an ordered list. Always five steps of one height, so that nothing moves when the state does. */
export function DeliveryTimeline({ confirmation, nowMs }: { confirmation: Confirmation; nowMs: number }) {
  const texts = useTexts();
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
          <div className="flex min-w-0 flex-1 items-start justify-between gap-3">
            <span
              className={`shrink-0 ${step.isCurrent ? "font-semibold" : step.tone === "idle" ? "text-fg-muted" : "font-medium"}`}
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
        </li>
      ))}
    </ol>
  );
}

function StepSide({ step, attempt }: { step: Step; attempt: string | null }) {
  if (step.isCurrent && attempt)
    return (
      <span
        className={`pt-1 text-end text-small leading-4 text-balance tabular-nums ${step.tone === "idle" ? "text-fg-muted" : SIDE[step.tone]}`}
      >
        {attempt}
      </span>
    );
  if (!step.at || step.tone === "idle") return null;
  return (
    <LocalTime
      at={step.at}
      shape="time"
      className="shrink-0 pt-1 text-small leading-4 tabular-nums text-fg-muted"
    />
  );
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
