import { CircleCheck } from "lucide-react";
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { currentVisitor } from "@/app/_auth/visitor";
import { getAccount } from "@/app/_data/account";
import { readFlash } from "@/app/_http/flash";
import { DoneNote } from "@/components/done-note";
import { LocalTime } from "@/components/local-time";
import { RefusalSummary } from "@/components/refusal-summary";
import { SessionList } from "@/components/session-list";
import { SignOutButton } from "@/components/sign-out-button";
import { SiteHeader } from "@/components/site-header";
import { Card } from "@/components/ui/card";
import { listSessions } from "@/domain/sessions";
import { services } from "@/services";

export const metadata: Metadata = { title: "Your account · Latchkey" };
export const dynamic = "force-dynamic";

/**
 * `?confirmed=1` comes from a confirm page and only changes what the sign-in page says, should that be needed;
 * `?ended=` is where a form of the list comes back to.
 */
export default async function AccountPage({
  searchParams,
}: {
  searchParams: Promise<{ confirmed?: string; ended?: string }>;
}) {
  const [visitor, flash, { confirmed, ended }] = await Promise.all([
    currentVisitor(),
    readFlash("sessions"),
    searchParams,
  ]);
  if (visitor?.scope === "claim") redirect("/confirm");
  const account = visitor && (await getAccount(visitor.userId));
  if (!account) redirect(confirmed ? "/sign-in?confirmed=1" : "/sign-in");
  const sessions = await listSessions(services(), visitor);
  return (
    <>
      <SiteHeader>
        <SignOutButton />
      </SiteHeader>
      <main className="flex flex-1 flex-col items-center px-0 pt-2 pb-12 sm:px-6 sm:pt-[6vh]">
        <Card>
          <h1 className="text-title font-semibold tracking-tight break-words">Welcome, {account.username}</h1>
          <p className="mt-2 text-fg-muted">You are in. This is what we know about you.</p>
          <dl className="mt-6 divide-y divide-line border-y border-line">
            <Fact name="Username">{account.username}</Fact>
            <Fact name="Email address">
              {account.email}
              {account.email_confirmed_at ? (
                <span className="mt-1 flex items-center gap-1.5 text-small text-done-fg">
                  <CircleCheck aria-hidden="true" className="size-4 shrink-0" />
                  <span>
                    Confirmed on <LocalTime at={account.email_confirmed_at} shape="day" />
                  </span>
                </span>
              ) : null}
            </Fact>
            <Fact name="Registered">
              <LocalTime at={account.created_at} shape="day" />
            </Fact>
          </dl>
          <section aria-labelledby="sessions" className="mt-8">
            <h2 id="sessions" className="text-field font-semibold">
              Where you are signed in
            </h2>
            <p className="mt-1 mb-4 text-fg-muted">
              Do you not know one of these? Sign it out, then change your password.
            </p>
            {flash ? <RefusalSummary problem={flash.problem} labels={{}} /> : null}
            {flash ? null : <EndedNote ended={ended} />}
            <SessionList sessions={sessions} />
          </section>
        </Card>
      </main>
    </>
  );
}

function EndedNote({ ended }: { ended: string | undefined }) {
  if (ended === "one") return <DoneNote>Signed out there.</DoneNote>;
  if (ended === "others") return <DoneNote>Signed out everywhere else.</DoneNote>;
  return null;
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-4 py-3.5 sm:grid-cols-[8rem_minmax(0,1fr)]">
      <dt className="text-fg-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}
