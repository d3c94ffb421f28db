"use client";
import { CircleCheck } from "lucide-react";
import { useEffect, useState } from "react";
import type { LinkData } from "@/domain/confirmation-state";
import { postJson, UNREACHABLE_SENTENCE } from "./api-client";
import { replaceWith } from "./go-to";
import { useMailLink } from "./mail-link";
import { DeadLink, Heading, Looking, NO_LINK, Unreachable } from "./mail-link-notes";
import { RegistrationFacts } from "./registration-facts";
import { Alert } from "./ui/alert";
import { buttonClass } from "./ui/button-class";
import { SubmitButton } from "./ui/submit-button";

type Phase =
  | { name: "looking" }
  | { name: "asking"; about: LinkData; isBusy: boolean; error: string | null }
  | { name: "confirmed"; about: LinkData }
  /** The link is no good: why, in a sentence. */
  | { name: "over"; code: string; sentence: string }
  | { name: "unreachable" };

const TITLE = "Confirm your email address";

/**
 * Asks whether the registration behind the link is the reader's own, and confirms it on a click and on nothing less.
 * Whoever reads this got the mail, and need not be who registered: so it says who that was before it asks.
 */
export function LinkConfirmation() {
  const link = useMailLink();
  const [phase, setPhase] = useState<Phase>({ name: "looking" });

  async function look(given: string): Promise<void> {
    setPhase({ name: "looking" });
    const result = await postJson<LinkData>("/api/v1/usr/confirm-link/look", { link: given });
    if (result.outcome === "unreachable") return setPhase({ name: "unreachable" });
    if (result.outcome === "refused")
      return setPhase({ name: "over", code: result.problem.code, sentence: result.problem.detail });
    setPhase({ name: "asking", about: result.data, isBusy: false, error: null });
  }

  async function confirm(about: LinkData): Promise<void> {
    if (!link) return;
    setPhase({ name: "asking", about, isBusy: true, error: null });
    const result = await postJson<{ signed_in: boolean }>("/api/v1/usr/confirm-link", { link });
    if (result.outcome === "unreachable")
      return setPhase({ name: "asking", about, isBusy: false, error: UNREACHABLE_SENTENCE });
    if (result.outcome === "refused")
      return setPhase({ name: "over", code: result.problem.code, sentence: result.problem.detail });
    if (result.data.signed_in) return replaceWith("/account");
    setPhase({ name: "confirmed", about });
  }

  useEffect(() => {
    if (link) void look(link);
    if (link === null) setPhase({ name: "over", code: "no_link", sentence: NO_LINK });
  }, [link]);

  switch (phase.name) {
    case "looking":
      return <Looking heading={TITLE} />;
    case "asking":
      return <Question phase={phase} onConfirm={() => void confirm(phase.about)} />;
    case "confirmed":
      return <Confirmed username={phase.about.username} />;
    case "over":
      return phase.code === "already_confirmed" ? (
        <Already sentence={phase.sentence} />
      ) : (
        <Over phase={phase} />
      );
    case "unreachable":
      return <Unreachable heading={TITLE} onRetry={() => link && void look(link)} />;
  }
}

function Question({
  phase: { about, isBusy, error },
  onConfirm,
}: {
  phase: Extract<Phase, { name: "asking" }>;
  onConfirm: () => void;
}) {
  return (
    <>
      <Heading>Is this your registration?</Heading>
      <p className="mt-2 text-fg-muted">
        {about.is_yours
          ? "You registered in this browser. Confirm that the address is yours."
          : "Somebody registered with your address. Confirm only if that was you: whoever it was can then use the account."}
      </p>
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
          Confirm
        </SubmitButton>
      </form>
      <p className="mt-4 text-small text-fg-muted">
        Was it not you? Do not confirm. “This wasn’t me” in the mail ends the registration.
      </p>
    </>
  );
}

function Confirmed({ username }: { username: string }) {
  return (
    <div role="status">
      <CircleCheck aria-hidden="true" className="mb-3 size-8 text-done-fg" />
      <Heading>Your address is confirmed</Heading>
      <p className="mt-2 text-fg-muted">
        The page where you registered goes on by itself. To use the account{" "}
        <strong className="font-medium break-words text-fg">{username}</strong> here, sign in with its
        password.
      </p>
      <div className="mt-6 grid">
        <a href="/sign-in" className={buttonClass("secondary")}>
          Sign in here
        </a>
      </div>
    </div>
  );
}

function Already({ sentence }: { sentence: string }) {
  return (
    <div role="status">
      <Heading>Confirmed already</Heading>
      <p className="mt-2 text-fg-muted">{sentence}</p>
      <div className="mt-6 grid">
        <a href="/sign-in" className={buttonClass("primary")}>
          Sign in
        </a>
      </div>
    </div>
  );
}

function Over({ phase: { sentence } }: { phase: Extract<Phase, { name: "over" }> }) {
  return (
    <DeadLink sentence={sentence}>
      <a href="/confirm" className={buttonClass("primary")}>
        Type the code
      </a>
      <a href="/sign-in" className={buttonClass("secondary")}>
        Sign in
      </a>
    </DeadLink>
  );
}
