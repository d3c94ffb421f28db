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
  // A claim's session whose address was confirmed a moment ago elsewhere has no account page to go to.
  if (confirmation.confirmed) redirect(visitor.scope === "full" ? "/account" : "/sign-in?confirmed=1");
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
