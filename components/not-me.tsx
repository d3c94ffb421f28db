"use client";
import { CircleCheck } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import type { NotMeData } from "@/domain/confirmation-state";
import { postJson } from "./api-client";
import { LocalTime } from "./local-time";
import { useMailLink } from "./mail-link";
import { DeadLink, Looking, StateHeading, Unreachable } from "./mail-link-notes";
import { RegistrationFacts } from "./registration-facts";
import { useTexts } from "./texts-provider";
import { Alert } from "./ui/alert";
import { buttonClass } from "./ui/button-class";
import { SubmitButton } from "./ui/submit-button";
import { useLanguageChange } from "./use-language-change";

type Phase =
  | { name: "looking" }
  /** Something is known; `stopped_until` says on which side of the click we are. */
  | { name: "known"; about: NotMeData; isBusy: boolean; error: string | null }
  | { name: "over"; sentence: string }
  | { name: "no_link" }
  | { name: "unreachable" };

const CALL = "/api/v1/usr/not-me";

/** Ends a registration and stops mail to its address, on a click and on nothing less; and takes the stop back. */
export function NotMe() {
  const { t } = useTexts();
  const link = useMailLink();
  const [phase, setPhase] = useState<Phase>({ name: "looking" });
  const [hasEnded, setHasEnded] = useState(false);

  async function call(path: "" | "/look" | "/undo", given: string, before: NotMeData | null): Promise<void> {
    setPhase(before ? { name: "known", about: before, isBusy: true, error: null } : { name: "looking" });
    const result = await postJson<NotMeData>(`${CALL}${path}`, { link: given });
    if (result.outcome === "done" && before?.registration && !result.data.registration) setHasEnded(true);
    if (result.outcome === "done")
      return setPhase({ name: "known", about: result.data, isBusy: false, error: null });
    const sentence = result.outcome === "refused" ? result.problem.detail : t("common.unreachable");
    // Something that was known cannot become a bad link by a limit.
    if (before && !(result.outcome === "refused" && result.problem.code === "link_over"))
      return setPhase({ name: "known", about: before, isBusy: false, error: sentence });
    setPhase(result.outcome === "refused" ? { name: "over", sentence } : { name: "unreachable" });
  }

  useEffect(() => {
    if (link) void call("/look", link, null);
    if (link === null) setPhase({ name: "no_link" });
  }, [link]);

  useLanguageChange(() => {
    if (phase.name === "over" && link) void call("/look", link, null);
    if (phase.name === "known" && phase.error) setPhase({ ...phase, error: null });
  });

  switch (phase.name) {
    case "looking":
      return <Looking heading={t("notMe.title")} tab={t("notMe.tab")} />;
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
      return <Over sentence={phase.sentence} />;
    case "no_link":
      return <Over sentence={t("mailLink.missing")} />;
    case "unreachable":
      return (
        <Unreachable
          heading={t("notMe.title")}
          tab={t("notMe.tab")}
          onRetry={() => link && void call("/look", link, null)}
        />
      );
  }
}

/** Nothing else is to be done with such a mail: its reader may want to know who we are. */
function Over({ sentence }: { sentence: string }) {
  const { t } = useTexts();
  return (
    <DeadLink sentence={sentence}>
      <a href="/" className={buttonClass("secondary")}>
        {t("common.toFrontPage")}
      </a>
    </DeadLink>
  );
}

const strong = (words: ReactNode) => (
  <strong key="strong" className="font-medium break-words text-fg">
    {words}
  </strong>
);

type Known = Extract<Phase, { name: "known" }>;

function Question({ phase: { about, isBusy, error }, onStop }: { phase: Known; onStop: () => void }) {
  const { t, rich } = useTexts();
  const { registration } = about;
  return (
    <>
      <StateHeading tab={t("notMe.tab")}>{t("notMe.title")}</StateHeading>
      <p className="mt-2 text-fg-muted">
        {rich<ReactNode>(registration ? "notMe.question" : "notMe.questionWithout", {
          email: about.email,
          strong,
        })}
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
        label={t(registration ? "notMe.submit" : "notMe.submitWithout")}
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
  const { t, rich } = useTexts();
  return (
    <>
      <div>
        <CircleCheck aria-hidden="true" className="mb-3 size-8 text-done-fg" />
        <StateHeading>{t("notMe.doneTitle")}</StateHeading>
        <p className="mt-2 text-fg-muted">
          {rich<ReactNode>(hasEnded ? "notMe.doneEnded" : "notMe.done", {
            email: about.email,
            strong,
            time: () => <LocalTime key="time" at={until} shape="day" />,
          })}
        </p>
      </div>
      <p className="mt-4 text-fg-muted">{t("notMe.afterAll")}</p>
      <Act isBusy={isBusy} error={error} label={t("notMe.undo")} look="secondary" onAct={onUndo} />
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
