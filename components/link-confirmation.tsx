"use client";
import { CircleCheck, CircleX } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import type { LinkData } from "@/domain/confirmation-state";
import { postJson, UNREACHABLE_SENTENCE } from "./api-client";
import { replaceWith } from "./go-to";
import { LocalTime } from "./local-time";
import { useMailLink } from "./mail-link";
import { Alert } from "./ui/alert";
import { buttonClass } from "./ui/button-class";
import { Spinner } from "./ui/spinner";
import { SubmitButton } from "./ui/submit-button";
import { useHydrated } from "./use-hydrated";

type Phase =
  | { name: "looking" }
  | { name: "asking"; about: LinkData; isBusy: boolean; error: string | null }
  | { name: "confirmed"; about: LinkData }
  /** The link is no good: why, in a sentence. */
  | { name: "over"; code: string; sentence: string }
  | { name: "unreachable" };

const NO_LINK = "This address has nothing behind it. Please open the link in our mail again, as a whole.";

/**
 * Asks whether the registration behind the link is the reader's own, and confirms it on a click and on nothing less.
 * Whoever reads this got the mail, and need not be who registered: so it says who that was before it asks.
 */
export function LinkConfirmation() {
  const link = useMailLink();
  const isHydrated = useHydrated();
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
      return (
        <>
          <Heading>Confirm your email address</Heading>
          {isHydrated ? (
            <p role="status" className="mt-4 flex items-center gap-2.5 text-fg-muted">
              <Spinner /> Looking at your link
            </p>
          ) : null}
        </>
      );
    case "asking":
      return <Question phase={phase} onConfirm={() => void confirm(phase.about)} />;
    case "confirmed":
      return <Confirmed about={phase.about} />;
    case "over":
      return <Over code={phase.code} sentence={phase.sentence} />;
    case "unreachable":
      return (
        <>
          <Heading>Confirm your email address</Heading>
          <p role="alert" className="mt-2 text-fg-muted">
            {UNREACHABLE_SENTENCE}
          </p>
          <button
            type="button"
            className={buttonClass("primary", "mt-6 w-full")}
            onClick={() => link && void look(link)}
          >
            Try again
          </button>
        </>
      );
  }
}

function Heading({ children }: { children: ReactNode }) {
  return <h1 className="text-title font-semibold tracking-tight">{children}</h1>;
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
      <dl className="mt-5 divide-y divide-line border-y border-line">
        <Fact name="Username">{about.username}</Fact>
        <Fact name="Email address">{about.email}</Fact>
        <Fact name="Registered">
          <LocalTime at={about.registered_at} shape="day" />
          {about.device ? <span className="block text-small text-fg-muted">{about.device}</span> : null}
        </Fact>
      </dl>
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

function Confirmed({ about }: { about: LinkData }) {
  return (
    <div role="status">
      <CircleCheck aria-hidden="true" className="mb-3 size-8 text-done-fg" />
      <Heading>Your address is confirmed</Heading>
      <p className="mt-2 text-fg-muted">
        The page where you registered goes on by itself. To use the account{" "}
        <strong className="font-medium break-words text-fg">{about.username}</strong> here, sign in with its
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

function Over({ code, sentence }: { code: string; sentence: string }) {
  const isDone = code === "already_confirmed";
  return (
    <div role="alert">
      {isDone ? null : <CircleX aria-hidden="true" className="mb-3 size-8 text-bad-fg" />}
      <Heading>{isDone ? "Confirmed already" : "This link does not work"}</Heading>
      <p className="mt-2 text-fg-muted">{sentence}</p>
      <div className="mt-6 grid gap-3">
        {isDone ? null : (
          <a href="/confirm" className={buttonClass("primary")}>
            Type the code
          </a>
        )}
        <a href="/sign-in" className={buttonClass(isDone ? "primary" : "secondary")}>
          Sign in
        </a>
      </div>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-4 py-3 sm:grid-cols-[7.5rem_minmax(0,1fr)]">
      <dt className="text-fg-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}
