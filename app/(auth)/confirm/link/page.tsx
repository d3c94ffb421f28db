// Where the link of the mail leads. What it confirms is behind the "#", which browsers do not send: the server makes the
// same page for everybody, so GET and HEAD can change nothing, whoever asks.
import type { Metadata } from "next";
import { currentVisitor } from "@/app/_auth/visitor";
import { getConfirmation } from "@/app/_data/confirmation";
import { LinkConfirmation } from "@/components/link-confirmation";
import { buttonClass } from "@/components/ui/button-class";
import { Card } from "@/components/ui/card";
import { INPUT_CLASS } from "@/components/ui/field";

export const metadata: Metadata = { title: "Confirm your email address · Latchkey", referrer: "no-referrer" };
export const dynamic = "force-dynamic";

export default async function ConfirmLinkPage() {
  const visitor = await currentVisitor();
  const confirmation = visitor?.scope === "claim" ? await getConfirmation(visitor.userId) : null;
  return (
    <Card>
      <LinkConfirmation />
      <noscript>
        {confirmation && !confirmation.confirmed ? (
          <CodeInstead email={confirmation.email} />
        ) : (
          <SignInInstead />
        )}
      </noscript>
    </Card>
  );
}

const WITHOUT_SCRIPT = "This link needs JavaScript, which this browser does not run.";

function CodeInstead({ email }: { email: string }) {
  return (
    <form method="post" action="/api/v1/usr/confirm-email">
      <p className="mt-2 mb-5 text-fg-muted">
        {WITHOUT_SCRIPT} Please type the 6-digit code from the mail to{" "}
        <strong className="font-medium break-words text-fg">{email}</strong> instead.
      </p>
      <label htmlFor="code" className="mb-1.5 block font-medium">
        Confirmation code
      </label>
      <input
        id="code"
        name="code"
        type="text"
        inputMode="numeric"
        autoComplete="one-time-code"
        required
        className={INPUT_CLASS}
      />
      <button type="submit" className={buttonClass("primary", "mt-5 w-full")}>
        Confirm
      </button>
    </form>
  );
}

function SignInInstead() {
  return (
    <>
      <p className="mt-2 text-fg-muted">
        {WITHOUT_SCRIPT} The 6-digit code from the same mail works without: sign in with your username and
        password, and type it there.
      </p>
      <div className="mt-6 grid">
        <a href="/sign-in" className={buttonClass("primary")}>
          Sign in
        </a>
      </div>
    </>
  );
}
