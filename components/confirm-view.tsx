"use client";
import { ExternalLink } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import type { Problem } from "@/app/_http/problem";
import type { Confirmation } from "@/domain/confirmation-state";
import { findWebmail } from "@/domain/webmail";
import { ChangeAddress } from "./change-address";
import { readDigits } from "./code-digits";
import { CodeForm } from "./code-form";
import { describeCode, isAnotherNeeded } from "./code-hint";
import { confirmBesideAccount } from "./confirm-address";
import type { ConfirmRooms } from "./confirm-rooms";
import { ConnectionBadge } from "./connection-badge";
import { DeliveryTimeline } from "./delivery-timeline";
import { replaceWith } from "./go-to";
import { Heading } from "./heading";
import { UtcTime } from "./local-time";
import { OtherAccount } from "./other-account";
import { forgetDraft } from "./register-draft";
import { ResendForm } from "./resend-form";
import { StatusLine } from "./status-line";
import { useTexts } from "./texts-provider";
import { describeLead, describeStatus, isAddressBarred, isAddressOver, isInMailbox, LEADS } from "./timeline";
import { Alert } from "./ui/alert";
import { buttonClass } from "./ui/button-class";
import { Room } from "./ui/room";
import { useConfirmation } from "./use-confirmation";
import { useMoveOn } from "./use-move-on";
import { useNow } from "./use-now";
import { WaysOn } from "./ways-on";

/** The confirm page: where the mail is, the code, another code. */
export function ConfirmView({
  initial,
  rooms,
  inboxUrl,
  sender,
  suggestion,
  codeRefusal,
  resendRefusal,
  changeFlash,
}: {
  initial: Confirmation;
  /** For what is longer than what stands there now. */
  rooms: ConfirmRooms;
  /** The development inbox; null in production. */
  inboxUrl: string | null;
  /** The From line of our mails. */
  sender: string;
  /** What the address was probably meant to be, or null. */
  suggestion: string | null;
  codeRefusal: Problem | null;
  resendRefusal: Problem | null;
  /** The form that changes the address, as it came back without JavaScript; null when it did not. */
  changeFlash: { typed: string | null; problem: Problem } | null;
}) {
  const texts = useTexts();
  const { t, rich } = texts;
  const { confirmation, receivedAtMs, connection, isEnded, other, refresh } = useConfirmation(initial);
  const nowMs = useNow({ atMs: Date.parse(confirmation.server_time), receivedAtMs }, !isEnded);
  const [resentFor, setResentFor] = useState<string | null>(null);
  const [isSendingCode, setSendingCode] = useState(false);
  const { email, confirmed, delivery } = confirmation;
  const pageAbout = initial.delivery?.id;
  // Where the development inbox takes the mails, none of them reaches a mailbox.
  const webmail = inboxUrl ? null : findWebmail(email, sender);

  const status = describeStatus(texts, confirmation, nowMs);
  const hint = describeCode(confirmation, nowMs);
  // One button is the important one: of the address, of another code, or of the code.
  const isAddressNeeded = isAddressOver(confirmation, nowMs);
  const isResendNeeded = !isAddressNeeded && isAnotherNeeded(hint);
  const isUnderWay = delivery?.status === "queued" || delivery?.status === "sending";
  const sentence =
    resentFor === email && isUnderWay && status.tone === "live"
      ? t("confirm.resent", { email: resentFor })
      : status.sentence;

  const leads = LEADS.map((lead) => rich<string>(lead, { email, strong: String }).join(""));
  const room = [...rooms.status, t("confirm.resent", { email }), t("timeline.sentence.confirmed", { email })];

  // The tab that sent the code has its own answer, and moves on with it.
  const isHeldUp = useMoveOn(confirmed && !isSendingCode && other !== "account", {
    mailId: delivery?.id,
    readCode: readTypedCode,
    onOther: refresh,
  });

  // In the address, so that the page loaded anew, in another language say, tells it again and takes nobody into that account.
  useEffect(() => {
    const address = other === "account" && pageAbout ? confirmBesideAccount(pageAbout) : "/confirm";
    if (location.pathname + location.search !== address) history.replaceState(null, "", address);
  }, [other, pageAbout]);

  if (isEnded) return <SessionEnded />;
  if (other === "account")
    return (
      <OtherAccount
        t={t}
        heading={
          <>
            <title>{t("confirm.tab", { state: t("confirm.otherAccountTitle") })}</title>
            <Heading isNews>{t("confirm.otherAccountTitle")}</Heading>
          </>
        }
        text={t("confirm.otherAccount", { email })}
      />
    );
  return (
    <div className="grid grid-cols-1 gap-x-12 gap-y-5 md:grid-cols-[minmax(0,22rem)_minmax(0,1fr)] md:grid-rows-[auto_1fr]">
      <title>{t("confirm.tab", { state: status.headline })}</title>
      <div>
        <Heading>{t("confirm.title")}</Heading>
        <p className="mt-2 text-fg-muted">
          <Room texts={leads} className="wrap-anywhere">
            {rich<ReactNode>(describeLead(delivery), {
              email,
              strong: (address) => (
                <strong key="email" className="font-medium text-fg">
                  {address}
                </strong>
              ),
            })}
          </Room>
        </p>
        {other ? (
          <div className="mt-4">
            <Alert isAnnounced>{t("confirm.other")}</Alert>
          </div>
        ) : null}
      </div>

      <section
        aria-labelledby="mail-heading"
        className="rounded-card border border-line bg-sunken p-4 tight:p-3 sm:p-5 md:row-span-2 md:self-start"
      >
        <div className="mb-3.5 flex min-h-6 items-baseline justify-between gap-x-3 tight:flex-wrap">
          <h2 id="mail-heading" className="shrink-0 font-semibold tight:shrink">
            {t("confirm.mail")}
          </h2>
          <ConnectionBadge connection={isHeldUp ? "offline" : connection} />
          <noscript>
            <a href="/confirm" className="text-small text-accent-fg underline underline-offset-2">
              {t("confirm.refresh")}
            </a>
          </noscript>
        </div>
        <DeliveryTimeline confirmation={confirmation} nowMs={nowMs} />
        <StatusLine tone={status.tone} room={room}>
          {sentence}
        </StatusLine>
        {inboxUrl || webmail ? (
          // Its room is kept from the start: nothing below it moves when the mail is out.
          <div className="mt-3 grid min-h-11">
            {inboxUrl ? <MailboxLink href={inboxUrl}>{t("confirm.inbox")}</MailboxLink> : null}
            {webmail && isInMailbox(delivery) && !isAnotherNeeded(hint) ? (
              <MailboxLink href={webmail.url}>
                {rich<ReactNode>("confirm.openMailbox", {
                  name: webmail.name,
                  spoken: (words) => (
                    <span key="spoken" className="sr-only">
                      {words}
                    </span>
                  ),
                })}
              </MailboxLink>
            ) : null}
          </div>
        ) : null}
        <noscript>
          <p className="mt-3 text-small text-fg-muted">
            {rich<ReactNode>("confirm.stoodAt", {
              time: () => <UtcTime key="time" at={initial.server_time} shape="time" />,
            })}
          </p>
        </noscript>
      </section>

      <div>
        <CodeForm
          // What was typed for one registration is no code of another one's.
          key={confirmation.registered_at}
          mailId={delivery?.id}
          email={email}
          hint={hint}
          room={rooms.code}
          refusal={other ? null : codeRefusal}
          isUseless={isAddressNeeded || isResendNeeded}
          connection={connection}
          isAtHand={
            (delivery?.status === "sent" || delivery?.status === "delivered") && !isAnotherNeeded(hint)
          }
          onSending={() => setSendingCode(true)}
          onSettled={() => {
            setSendingCode(false);
            refresh();
          }}
          onConfirmed={() => {
            forgetDraft();
            replaceWith("/account");
          }}
        />
        {/* Where no mail is sent any more there is nothing to ask for; the room stays for the next address. */}
        <div className={`mt-5 ${isAddressBarred(confirmation, nowMs) ? "invisible" : ""}`}>
          <ResendForm
            mailId={delivery?.id}
            resend={confirmation.resend}
            nowMs={nowMs}
            refusal={resendRefusal}
            isNeeded={isResendNeeded}
            onResent={() => {
              setResentFor(email);
              refresh();
            }}
            onRefused={refresh}
          />
        </div>
        {/* A confirmed address is not changed here any more; the room stays until the page moves on. */}
        <div className={`mt-2 text-small text-fg-muted ${confirmed ? "invisible" : ""}`}>
          <ChangeAddress
            key={`${confirmation.registered_at} ${email}`}
            mailId={delivery?.id}
            changesLeft={confirmation.email_changes_left}
            isNeeded={isAddressNeeded}
            suggestion={email === initial.email ? suggestion : null}
            typed={email === initial.email ? (changeFlash?.typed ?? null) : null}
            refusal={email === initial.email ? (changeFlash?.problem ?? null) : null}
            onChanged={(changed) => {
              setResentFor(changed.email);
              refresh();
              // The form goes with the old address; the code is what comes next.
              document.getElementById("code")?.focus();
            }}
            onRefused={refresh}
          />
        </div>
      </div>
    </div>
  );
}

function readTypedCode(): string {
  const field = document.getElementById("code");
  return field instanceof HTMLInputElement ? readDigits(field.value) : "";
}

/** To where the mail is read, in a tab of its own. */
function MailboxLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" className={buttonClass("secondary")}>
      <span>{children}</span>
      <ExternalLink aria-hidden="true" className="size-4 shrink-0 text-fg-muted rtl:-scale-x-100" />
    </a>
  );
}

/** The session is over: confirmed elsewhere, another account's meanwhile, or the registration has ended. We cannot know. */
function SessionEnded() {
  const { t } = useTexts();
  return (
    // The card is a narrow one then (components/ui/card.tsx).
    <div data-narrow>
      <title>{t("confirm.tab", { state: t("confirm.endedTab") })}</title>
      <Heading isNews>{t("confirm.endedTitle")}</Heading>
      <p className="mt-2 text-fg-muted">{t("confirm.ended")}</p>
      <WaysOn t={t} />
    </div>
  );
}
