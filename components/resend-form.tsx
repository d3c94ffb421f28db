"use client";
import { type FormEvent, useEffect, useRef, useState } from "react";
import type { Problem } from "@/app/_http/problem";
import type { Confirmation } from "@/domain/confirmation-state";
import { AboutMail } from "./about-mail";
import { postJson } from "./api-client";
import { formatCountdown, secondsUntil } from "./countdown";
import { useTexts } from "./texts-provider";
import { Room } from "./ui/room";
import { SubmitButton } from "./ui/submit-button";
import { useHydrated } from "./use-hydrated";
import { useOnline } from "./use-online";

/** The hour of a limit on codes can be most of a day away. */
const LONG_WAIT_SECONDS = 24 * 3600 - 1;

/** Asks for another code. The server says when that is possible; this only counts down to it. */
export function ResendForm({
  mailId,
  resend,
  nowMs,
  refusal,
  isNeeded,
  onResent,
  onRefused,
}: {
  /** Of the registration whose code is asked for. */
  mailId: string | undefined;
  resend: Confirmation["resend"];
  /** The server's clock. */
  nowMs: number;
  /** Why the form came back without JavaScript, or null. */
  refusal: Problem | null;
  /** Another code is what helps now: this is the page's important button. */
  isNeeded: boolean;
  onResent: () => void;
  onRefused: () => void;
}) {
  const { language, t } = useTexts();
  const isUnderWay = useRef(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(refusal?.detail ?? null);
  const [isUnsent, setUnsent] = useState(false);
  useOnline(() => setUnsent(false));
  // Another mail is there: what was asked for, although its answer was lost, or what somebody asked for elsewhere.
  useEffect(() => {
    if (mailId) setUnsent(false);
  }, [mailId]);
  // Without JavaScript the button would stay off when its time has come; the server refuses what is too early.
  const isHydrated = useHydrated();
  const waitSeconds = resend.next_allowed_at ? secondsUntil(resend.next_allowed_at, nowMs) : 0;
  const room = [
    t("confirm.resendIn", { left: formatCountdown(59 * 60, language) }),
    t("confirm.resendInAfterLimit", { left: formatCountdown(LONG_WAIT_SECONDS, language) }),
    t("confirm.resendNow"),
  ];
  const isOff = waitSeconds > 0 || resend.reason === "already_confirmed";

  async function send(): Promise<void> {
    isUnderWay.current = true;
    setBusy(true);
    setError(null);
    setUnsent(false);
    const result = await postJson("/api/v1/usr/resend-confirmation", { delivery_id: mailId });
    isUnderWay.current = false;
    setBusy(false);
    if (result.outcome === "done") return onResent();
    if (result.outcome === "refused") setError(result.problem.detail);
    else setUnsent(true);
    onRefused();
  }

  return (
    <form
      method="post"
      action="/api/v1/usr/resend-confirmation"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (!isOff && !isUnderWay.current) void send();
      }}
    >
      <AboutMail id={mailId} />
      <div className="flex min-h-11 items-center gap-3 tight:grid tight:gap-1">
        <SubmitButton
          look={isNeeded ? "primary" : "secondary"}
          isBusy={isBusy}
          isOff={isOff && isHydrated}
          describedBy="resend-note"
          className="shrink-0 px-5"
        >
          {t("confirm.resend")}
        </SubmitButton>
        <span id="resend-note" className="min-w-0 flex-1 text-small text-fg-muted tabular-nums">
          <Room texts={room} className="items-center">
            {waitSeconds > 0
              ? t(resend.reason === "limit" ? "confirm.resendInAfterLimit" : "confirm.resendIn", {
                  left: formatCountdown(waitSeconds, language),
                })
              : isOff
                ? null
                : t("confirm.resendNow")}
          </Room>
        </span>
      </div>
      <p role="alert" className="min-h-5.5 pt-1 text-small text-bad-fg">
        {isUnsent ? t("common.unreachable") : error}
      </p>
    </form>
  );
}
