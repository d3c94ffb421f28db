import { redirect } from "next/navigation";
import { currentVisitor } from "@/app/_auth/visitor";
import { getConfirmation } from "@/app/_data/confirmation";
import { inboxUrl } from "@/app/_data/inbox";
import { readFlash } from "@/app/_http/flash";
import { ConfirmView } from "@/components/confirm-view";
import { buttonClass } from "@/components/ui/button-class";
import { Card } from "@/components/ui/card";
import { suggestEmail } from "@/domain/email-suggestion";

export const dynamic = "force-dynamic";

export default async function ConfirmPage() {
  const visitor = await currentVisitor();
  const confirmation = visitor && (await getConfirmation(visitor.userId));
  if (!visitor || !confirmation) return <NothingToConfirm />;
  if (confirmation.confirmed && visitor.scope === "full") redirect("/account");
  if (confirmation.confirmed) return <ConfirmedElsewhere email={confirmation.email} />;
  const [codeFlash, resendFlash, changeFlash] = await Promise.all([
    readFlash("confirm"),
    readFlash("resend"),
    readFlash("change-email"),
  ]);
  return (
    <Card isWide>
      <ConfirmView
        initial={confirmation}
        inboxUrl={inboxUrl()}
        suggestion={suggestEmail(confirmation.email)}
        codeRefusal={codeFlash?.problem ?? null}
        resendRefusal={resendFlash?.problem ?? null}
        changeFlash={changeFlash && { typed: changeFlash.values.email ?? null, problem: changeFlash.problem }}
      />
    </Card>
  );
}

/** The session is the claim's still, and may become a full one: by a form, so that looking at a page changes nothing. */
function ConfirmedElsewhere({ email }: { email: string }) {
  return (
    <Card>
      <title>Confirmed · Latchkey</title>
      <h1 className="text-title font-semibold tracking-tight">Your address is confirmed</h1>
      <p className="mt-2 text-fg-muted">
        <strong className="font-medium break-words text-fg">{email}</strong> was confirmed by the link in our
        mail. You can go on here.
      </p>
      <form method="post" action="/api/v1/usr/confirmation/continue" className="mt-6 grid">
        <button type="submit" className={buttonClass("primary")}>
          Go to your account
        </button>
      </form>
    </Card>
  );
}

function NothingToConfirm() {
  return (
    <Card>
      <title>Nothing to confirm here · Latchkey</title>
      <h1 className="text-title font-semibold tracking-tight">Nothing to confirm here</h1>
      <p className="mt-2 text-fg-muted">
        This browser has no registration that waits for a code. If you registered on another device, sign in
        with your username and password, and this page will know you again.
      </p>
      <div className="mt-6 grid gap-3">
        <a href="/sign-in" className={buttonClass("primary")}>
          Sign in
        </a>
        <a href="/register" className={buttonClass("secondary")}>
          Create an account
        </a>
      </div>
    </Card>
  );
}
