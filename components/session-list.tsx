import { MonitorSmartphone } from "lucide-react";
import type { ReactNode } from "react";
import type { SessionData } from "@/domain/session-data";
import type { Texts } from "@/messages/texts";
import { AboutAccount } from "./about-account";
import { tellDevice } from "./device-words";
import { LocalTime } from "./local-time";
import { StayIfAway } from "./stay-if-away";
import { buttonClass } from "./ui/button-class";

/** Where somebody is signed in. Forms, so that it works without JavaScript and no link can end anything. */
export function SessionList({
  userId,
  sessions,
  texts,
}: {
  userId: string;
  sessions: readonly SessionData[];
  texts: Texts;
}) {
  const { t, rich } = texts;
  const nameOf = ({ device }: SessionData) =>
    device ? tellDevice(texts, device) : t("sessions.unknownDevice");
  const hasOthers = sessions.some(({ current }) => !current);
  return (
    <>
      <ul className="mt-4 divide-y divide-line border-y border-line">
        {sessions.map((session) => (
          // With larger text the button goes below: the text keeps a width that words fit in.
          <li key={session.id} className="flex flex-wrap items-center justify-end gap-x-3 gap-y-1 py-3.5">
            <div className="flex min-w-0 flex-1 basis-40 items-center gap-3">
              <MonitorSmartphone aria-hidden="true" className="size-5 shrink-0 text-fg-muted tight:hidden" />
              <div className="min-w-0 flex-1">
                <p className="flex flex-wrap items-center gap-x-2 gap-y-1 font-medium break-words">
                  {nameOf(session)}
                  {session.current ? (
                    <span className="rounded-control bg-done-bg px-2 py-0.5 text-small font-medium text-done-fg">
                      {t("sessions.thisOne")}
                    </span>
                  ) : null}
                </p>
                <p className="mt-0.5 text-small text-fg-muted">
                  {rich<ReactNode>(session.current ? "sessions.signedIn" : "sessions.lastSeen", {
                    time: () => (
                      <LocalTime
                        key="time"
                        at={session.current ? session.created_at : session.last_seen_at}
                        shape="day"
                      />
                    ),
                  })}
                </p>
              </div>
            </div>
            {session.current ? null : (
              <StayIfAway text={t("common.notSignedOut")} noteClass="basis-full pt-1">
                <form method="post" action="/api/v1/usr/sessions/revoke">
                  <AboutAccount id={userId} />
                  <input type="hidden" name="session_id" value={session.id} />
                  <button
                    type="submit"
                    className={buttonClass("quiet")}
                    aria-label={t("sessions.signOutThere", { device: nameOf(session) })}
                  >
                    {t("common.signOut")}
                  </button>
                </form>
              </StayIfAway>
            )}
          </li>
        ))}
      </ul>
      {hasOthers ? (
        <StayIfAway text={t("common.notSignedOut")} noteClass="mt-3">
          <form method="post" action="/api/v1/usr/sessions/revoke-others" className="mt-4">
            <AboutAccount id={userId} />
            <button type="submit" className={buttonClass("secondary", "w-full")}>
              {t("sessions.signOutOthers")}
            </button>
          </form>
        </StayIfAway>
      ) : (
        <p className="mt-3 text-small text-fg-muted">{t("sessions.noOthers")}</p>
      )}
    </>
  );
}
