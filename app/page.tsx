import type { Metadata } from "next";
import { currentVisitor } from "@/app/_auth/visitor";
import { SiteHeader } from "@/components/site-header";
import { TimelineDemo } from "@/components/timeline-demo";
import { buttonClass } from "@/components/ui/button-class";

export const metadata: Metadata = { title: "Latchkey: sign-up that answers at once" };
export const dynamic = "force-dynamic";

const FACTS = [
  ["Never lost.", "Account, code and mail are one database transaction, written before the answer goes out."],
  ["Never twice.", "One lease, one ledger, one idempotency key for every mail, however often it is tried."],
  ["Never a mystery.", "Every attempt is on the page: what happened, why, and when the next one comes."],
] as const;

export default async function LandingPage() {
  // The front page stands also while the database is away; then it does not know its visitor.
  const visitor = await currentVisitor().catch(() => null);
  return (
    <>
      <SiteHeader>
        {visitor?.scope === "full" ? (
          <a href="/account" className={buttonClass("quiet")}>
            Your account
          </a>
        ) : (
          <a href="/sign-in" className={buttonClass("quiet")}>
            Sign in
          </a>
        )}
      </SiteHeader>
      <main className="mx-auto grid w-full max-w-5xl flex-1 content-start gap-x-14 gap-y-10 lg:grid-rows-[auto_1fr] px-5 pt-4 pb-14 sm:px-8 sm:pt-[5vh] lg:grid-cols-[minmax(0,1fr)_26rem]">
        <div>
          <h1 className="text-display font-semibold tracking-tighter">Sign-up that answers at once.</h1>
          <p className="mt-5 max-w-136 text-field text-fg-muted">
            And a confirmation email that keeps its promise. People register while the mail server does what
            it likes, and watch their code travel until it is there.
          </p>
          <div className="mt-7 flex flex-wrap gap-3">
            <a href="/register" className={buttonClass("primary", "px-6")}>
              Create an account
            </a>
            {visitor?.scope === "claim" ? (
              <a href="/confirm" className={buttonClass("secondary", "px-6")}>
                Go on confirming
              </a>
            ) : null}
          </div>
        </div>
        <div className="lg:row-span-2">
          <TimelineDemo startedAt={new Date().toISOString()} />
        </div>
        <div>
          <dl className="grid max-w-136 gap-4 border-t border-line pt-7">
            {FACTS.map(([name, text]) => (
              <div key={name} className="grid gap-x-4 sm:grid-cols-[9.5rem_minmax(0,1fr)]">
                <dt className="font-semibold">{name}</dt>
                <dd className="text-fg-muted">{text}</dd>
              </div>
            ))}
          </dl>
          <p className="mt-7 flex flex-wrap items-center gap-x-3 gap-y-2 text-fg-muted">
            For your own product:
            <code className="rounded-control border border-line bg-surface px-2.5 py-1 font-mono text-small text-fg">
              npm start
            </code>
            and nothing to set up.
          </p>
        </div>
      </main>
    </>
  );
}
