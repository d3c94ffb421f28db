"use client";
import { CircleCheck } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import type { Problem } from "@/app/_http/problem";
import type { LinkData } from "@/domain/confirmation-state";
import { postJson } from "./api-client";
import { replaceWith } from "./go-to";
import { useMailLink } from "./mail-link";
import { DeadLink, Looking, StateHeading, Unreachable } from "./mail-link-notes";
import { RegistrationFacts } from "./registration-facts";
import { useTexts } from "./texts-provider";
import { Alert } from "./ui/alert";
import { buttonClass } from "./ui/button-class";
import { SubmitButton } from "./ui/submit-button";
import { useLanguageChange } from "./use-language-change";

/** Whoever is signed in to another account must not be taken into that. */
const SIGN_IN = "/sign-in?other";

type Phase =
  | { name: "looking" }
  | { name: "asking"; about: LinkData; isBusy: boolean; error: string | null }
  | { name: "confirmed"; about: LinkData }
  /** The link is no good: why, in a sentence. */
  | { name: "over"; problem: Problem }
  | { name: "no_link" }
  | { name: "unreachable" };

/**
 * Asks whether the registration behind the link is the reader's own, and confirms it on a click and on nothing less.
 * Whoever reads this got the mail, and need not be who registered: so it says who that was before it asks.
 */
export function LinkConfirmation() {
  const { t } = useTexts();
  const link = useMailLink();
  const [phase, setPhase] = useState<Phase>({ name: "looking" });

  async function look(given: string): Promise<void> {
    setPhase({ name: "looking" });
    const result = await postJson<LinkData>("/api/v1/usr/confirm-link/look", { link: given });
    if (result.outcome === "unreachable") return setPhase({ name: "unreachable" });
    if (result.outcome === "refused") return setPhase({ name: "over", problem: result.problem });
    setPhase({ name: "asking", about: result.data, isBusy: false, error: null });
  }

  async function confirm(about: LinkData): Promise<void> {
    if (!link) return;
    setPhase({ name: "asking", about, isBusy: true, error: null });
    const result = await postJson<{ signed_in: boolean }>("/api/v1/usr/confirm-link", { link });
    if (result.outcome === "unreachable")
      return setPhase({ name: "asking", about, isBusy: false, error: t("common.unreachable") });
    if (result.outcome === "refused") return setPhase({ name: "over", problem: result.problem });
    if (result.data.signed_in) return replaceWith("/account");
    setPhase({ name: "confirmed", about });
  }

  useEffect(() => {
    if (link) void look(link);
    if (link === null) setPhase({ name: "no_link" });
  }, [link]);

  useLanguageChange(() => {
    if (phase.name === "over" && link) void look(link);
    if (phase.name === "asking" && phase.error) setPhase({ ...phase, error: null });
  });

  switch (phase.name) {
    case "looking":
      return <Looking heading={t("confirmLink.title")} tab={t("confirmLink.title")} />;
    case "asking":
      return <Question phase={phase} onConfirm={() => void confirm(phase.about)} />;
    case "confirmed":
      return <Confirmed username={phase.about.username} />;
    case "over":
      return phase.problem.code === "already_confirmed" ? (
        <Already problem={phase.problem} />
      ) : (
        <Over sentence={phase.problem.detail} />
      );
    case "no_link":
      return <Over sentence={t("mailLink.missing")} />;
    case "unreachable":
      return (
        <Unreachable
          heading={t("confirmLink.title")}
          tab={t("confirmLink.title")}
          onRetry={() => link && void look(link)}
        />
      );
  }
}

function Question({
  phase: { about, isBusy, error },
  onConfirm,
}: {
  phase: Extract<Phase, { name: "asking" }>;
  onConfirm: () => void;
}) {
  const { t } = useTexts();
  return (
    <>
      <StateHeading>{t("confirmLink.question")}</StateHeading>
      <p className="mt-2 text-fg-muted">{t(about.is_yours ? "confirmLink.yours" : "confirmLink.somebody")}</p>
      <RegistrationFacts
        username={about.username}
        email={about.email}
        registeredAt={about.registered_at}
        device={about.device}
      />
      <form
        className="mt-6 grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) onConfirm();
        }}
      >
        {error ? <Alert isAnnounced>{error}</Alert> : null}
        <SubmitButton isBusy={isBusy} className="w-full">
          {t("confirmLink.submit")}
        </SubmitButton>
      </form>
      <p className="mt-4 text-small text-fg-muted">{t("confirmLink.notYou")}</p>
    </>
  );
}

function Confirmed({ username }: { username: string }) {
  const { t, rich } = useTexts();
  return (
    <div>
      <CircleCheck aria-hidden="true" className="mb-3 size-8 text-done-fg" />
      <StateHeading>{t("confirmLink.confirmedTitle")}</StateHeading>
      <p className="mt-2 text-fg-muted">
        {rich<ReactNode>("confirmLink.confirmed", {
          username,
          strong: (words) => (
            <strong key="strong" className="font-medium break-words text-fg">
              {words}
            </strong>
          ),
        })}
      </p>
      <div className="mt-6 grid">
        <a href={SIGN_IN} className={buttonClass("secondary")}>
          {t("confirmLink.signInHere")}
        </a>
      </div>
    </div>
  );
}

function Already({ problem: { detail, is_yours: isYours } }: { problem: Problem }) {
  const { t } = useTexts();
  return (
    <div>
      <StateHeading>{t("confirmLink.already")}</StateHeading>
      <p className="mt-2 text-fg-muted">{detail}</p>
      <div className="mt-6 grid">
        <a href={isYours ? "/account" : SIGN_IN} className={buttonClass("primary")}>
          {t(isYours ? "common.toAccount" : "common.signIn")}
        </a>
      </div>
    </div>
  );
}

function Over({ sentence }: { sentence: string }) {
  const { t } = useTexts();
  return (
    <DeadLink sentence={sentence}>
      <a href="/confirm" className={buttonClass("primary")}>
        {t("confirmLink.typeCode")}
      </a>
      <a href={SIGN_IN} className={buttonClass("secondary")}>
        {t("common.signIn")}
      </a>
    </DeadLink>
  );
}
