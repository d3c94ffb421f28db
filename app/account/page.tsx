import { ChevronDown, CircleCheck } from "lucide-react";
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { currentVisitor } from "@/app/_auth/visitor";
import { getAccount } from "@/app/_data/account";
import { requestTexts } from "@/app/_data/texts";
import { type FlashForm, readDone, readFlash } from "@/app/_http/flash";
import { AccountDeletion } from "@/components/account-deletion";
import { DoneNote } from "@/components/done-note";
import { LocalTime } from "@/components/local-time";
import { PasswordChange } from "@/components/password-change";
import { RefusalSummary } from "@/components/refusal-summary";
import { SessionList } from "@/components/session-list";
import { SessionWatch } from "@/components/session-watch";
import { SignOutButton } from "@/components/sign-out-button";
import { SiteHeader } from "@/components/site-header";
import { StayIfAway } from "@/components/stay-if-away";
import { TextsProvider } from "@/components/texts-provider";
import { Alert } from "@/components/ui/alert";
import { Card } from "@/components/ui/card";
import { listSessions } from "@/domain/sessions";
import { pickTexts } from "@/messages/catalog";
import { services } from "@/services";

export const dynamic = "force-dynamic";

export async function generateMetadata(): Promise<Metadata> {
  const { t } = await requestTexts();
  return { title: t("common.title", { page: t("account.title") }), description: t("meta.account") };
}

export default async function AccountPage() {
  const [visitor, sessionsFlash, passwordFlash, deletionFlash, done] = await Promise.all([
    currentVisitor(),
    readFlash("sessions"),
    readFlash("change-password"),
    readFlash("delete-account"),
    readDone(),
  ]);
  if (visitor?.scope === "claim") redirect("/confirm");
  const account = visitor && (await getAccount(visitor.userId));
  if (!account) redirect("/sign-in");
  const sessions = await listSessions(services(), visitor);
  const texts = await requestTexts();
  const { language, t, rich } = texts;
  const { id: userId, email_confirmed_at: confirmedAt } = account;
  // What a registration's page was to tell of another account is nothing of this one's.
  const refused = [sessionsFlash, passwordFlash, deletionFlash].find(
    (flash) => flash && flash.problem.code !== "other_registration",
  );
  // Meant for the account that was this browser's before: no form of this one was refused.
  const isForOther = refused?.problem.code === "other_account";
  const refusalOf = (form: FlashForm) => (refused?.form === form && !isForOther ? refused.problem : null);
  const [sessionsRefusal, passwordRefusal, deletionRefusal] = [
    refusalOf("sessions"),
    refusalOf("change-password"),
    refusalOf("delete-account"),
  ];
  return (
    <>
      <SessionWatch userId={userId} />
      <StayIfAway
        text={t("common.notSignedOut")}
        noteClass="mx-auto w-full max-w-5xl px-5 pb-2 tight:px-3 sm:px-8"
      >
        <SiteHeader>
          <SignOutButton label={t("common.signOut")} />
        </SiteHeader>
      </StayIfAway>
      <main className="flex flex-1 flex-col items-center px-0 pt-2 pb-12 sm:px-6 sm:pt-[6vh]">
        <Card>
          <h1 className="text-title font-semibold tracking-tight break-words">
            {t("account.welcome", { username: account.username })}
          </h1>
          <p className="mt-2 mb-6 text-fg-muted">{t("account.text")}</p>
          {isForOther ? (
            <div className="mb-4">
              <Alert isAnnounced>{refused.problem.detail}</Alert>
            </div>
          ) : null}
          {done === "password_changed" ? <DoneNote>{t("account.passwordChanged")}</DoneNote> : null}
          <dl className=" divide-y divide-line border-y border-line">
            <Fact name={t("facts.username")}>{account.username}</Fact>
            <Fact name={t("facts.email")}>
              {account.email}
              {confirmedAt ? (
                <span className="mt-1 flex items-center gap-1.5 text-small text-done-fg">
                  <CircleCheck aria-hidden="true" className="size-4 shrink-0" />
                  <span>
                    {rich<ReactNode>("account.confirmedOn", {
                      time: () => <LocalTime key="time" at={confirmedAt} shape="day" />,
                    })}
                  </span>
                </span>
              ) : null}
            </Fact>
            <Fact name={t("facts.registered")}>
              <LocalTime at={account.created_at} shape="day" />
            </Fact>
          </dl>
          <section aria-labelledby="sessions" className="mt-8">
            <h2 id="sessions" className="text-field font-semibold">
              {t("account.sessions")}
            </h2>
            <p className="mt-1 mb-4 text-fg-muted">{t("account.sessionsText")}</p>
            {sessionsRefusal ? <RefusalSummary problem={sessionsRefusal} labels={{}} /> : null}
            {done === "session_ended" ? <DoneNote>{t("account.endedOne")}</DoneNote> : null}
            {done === "others_ended" ? <DoneNote>{t("account.endedOthers")}</DoneNote> : null}
            <SessionList userId={userId} sessions={sessions} texts={texts} />
          </section>
          <TextsProvider
            language={language}
            texts={pickTexts(language, ["form", "rules", "strength", "passwordChange", "deletion"])}
          >
            <div className="mt-8 divide-y divide-line border-y border-line">
              <Drawer id="password" title={t("account.changePassword")} isOpen={passwordRefusal !== null}>
                <PasswordChange
                  passwordMin={services().settings.passwordMin}
                  userId={userId}
                  username={account.username}
                  email={account.email}
                  refusal={passwordRefusal}
                />
              </Drawer>
              <Drawer id="delete" title={t("account.deleteAccount")} isOpen={deletionRefusal !== null}>
                <AccountDeletion userId={userId} username={account.username} refusal={deletionRefusal} />
              </Drawer>
            </div>
          </TextsProvider>
        </Card>
      </main>
    </>
  );
}

/** What is needed rarely: closed, and opened without JavaScript too. */
function Drawer({
  id,
  title,
  isOpen,
  children,
}: {
  id: string;
  title: string;
  isOpen: boolean;
  children: ReactNode;
}) {
  return (
    <details id={id} open={isOpen} className="group open:pb-5">
      <summary className="flex min-h-13 cursor-pointer list-none items-center justify-between gap-3 font-medium [&::-webkit-details-marker]:hidden">
        {title}
        <ChevronDown aria-hidden="true" className="size-5 text-fg-muted group-open:rotate-180" />
      </summary>
      {children}
    </details>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-4 py-3.5 sm:grid-cols-[8rem_minmax(0,1fr)]">
      <dt className="text-fg-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}
