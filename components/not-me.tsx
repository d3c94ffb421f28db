"use client";
import { CircleCheck } from "lucide-react";
import { useEffect, useState } from "react";
import type { NotMeData } from "@/domain/confirmation-state";
import { postJson, UNREACHABLE_SENTENCE } from "./api-client";
import { LocalTime } from "./local-time";
import { useMailLink } from "./mail-link";
import { DeadLink, Heading, Looking, NO_LINK, Unreachable } from "./mail-link-notes";
import { RegistrationFacts } from "./registration-facts";
import { Alert } from "./ui/alert";
import { SubmitButton } from "./ui/submit-button";

type Phase =
  | { name: "looking" }
  /** Something is known; `stopped_until` says on which side of the click we are. */
  | { name: "known"; about: NotMeData; isBusy: boolean; error: string | null }
  | { name: "over"; sentence: string }
  | { name: "unreachable" };

const TITLE = "Was this not you?";
const CALL = "/api/v1/usr/not-me";

/** Ends a registration and stops mail to its address, on a click and on nothing less; and takes the stop back. */
export function NotMe() {
  const link = useMailLink();
  const [phase, setPhase] = useState<Phase>({ name: "looking" });
  const [hasEnded, setHasEnded] = useState(false);

  async function call(path: "" | "/look" | "/undo", given: string, before: NotMeData | null): Promise<void> {
    setPhase(before ? { name: "known", about: before, isBusy: true, error: null } : { name: "looking" });
    const result = await postJson<NotMeData>(`${CALL}${path}`, { link: given });
    if (result.outcome === "done" && before?.registration && !result.data.registration) setHasEnded(true);
    if (result.outcome === "done")
      return setPhase({ name: "known", about: result.data, isBusy: false, error: null });
    if (result.outcome === "refused") return setPhase({ name: "over", sentence: result.problem.detail });
    if (!before) return setPhase({ name: "unreachable" });
    setPhase({ name: "known", about: before, isBusy: false, error: UNREACHABLE_SENTENCE });
  }

  useEffect(() => {
    if (link) void call("/look", link, null);
    if (link === null) setPhase({ name: "over", sentence: NO_LINK });
  }, [link]);

  switch (phase.name) {
    case "looking":
      return <Looking heading={TITLE} />;
    case "known": {
      const { stopped_until: until } = phase.about;
      const act = (path: "" | "/undo") => () => link && void call(path, link, phase.about);
      return until ? (
        <Stopped phase={phase} hasEnded={hasEnded} until={until} onUndo={act("/undo")} />
      ) : (
        <Question phase={phase} onStop={act("")} />
      );
    }
    case "over":
      return <DeadLink sentence={phase.sentence} />;
    case "unreachable":
      return <Unreachable heading={TITLE} onRetry={() => link && void call("/look", link, null)} />;
  }
}

type Known = Extract<Phase, { name: "known" }>;

function Question({ phase: { about, isBusy, error }, onStop }: { phase: Known; onStop: () => void }) {
  const { registration } = about;
  return (
    <>
      <Heading>{TITLE}</Heading>
      <p className="mt-2 text-fg-muted">
        {registration
          ? "Somebody registered with your address. If it was not you, we end that registration and"
          : "We"}{" "}
        send nothing more to <strong className="font-medium break-words text-fg">{about.email}</strong> for 30
        days{registration ? "" : ", if you want: the registration is over or has been confirmed"}.
      </p>
      {registration ? (
        <RegistrationFacts
          username={registration.username}
          email={about.email}
          registeredAt={registration.registered_at}
          device={registration.device}
        />
      ) : null}
      <Act
        isBusy={isBusy}
        error={error}
        label={registration ? "This wasn’t me" : "Stop mail for 30 days"}
        onAct={onStop}
      />
    </>
  );
}

function Stopped({
  phase: { about, isBusy, error },
  hasEnded,
  until,
  onUndo,
}: {
  phase: Known;
  hasEnded: boolean;
  until: string;
  onUndo: () => void;
}) {
  return (
    <>
      <div role="status">
        <CircleCheck aria-hidden="true" className="mb-3 size-8 text-done-fg" />
        <Heading>Done</Heading>
        <p className="mt-2 text-fg-muted">
          {hasEnded ? "That registration is over. " : null}
          We send nothing to <strong className="font-medium break-words text-fg">{about.email}</strong> until{" "}
          <LocalTime at={until} shape="day" />, whoever asks for it.
        </p>
      </div>
      <p className="mt-4 text-fg-muted">
        Do you want to register yourself after all? Then you need our mail.
      </p>
      <Act isBusy={isBusy} error={error} label="Allow mail again" look="secondary" onAct={onUndo} />
    </>
  );
}

function Act({
  isBusy,
  error,
  label,
  look = "primary",
  onAct,
}: {
  isBusy: boolean;
  error: string | null;
  label: string;
  look?: "primary" | "secondary";
  onAct: () => void;
}) {
  return (
    <form
      className="mt-6 grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) onAct();
      }}
    >
      {error ? <Alert isAnnounced>{error}</Alert> : null}
      <SubmitButton isBusy={isBusy} look={look} className="w-full">
        {label}
      </SubmitButton>
    </form>
  );
}
