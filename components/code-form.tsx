"use client";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import type { Problem } from "@/app/_http/problem";
import { AboutMail } from "./about-mail";
import { postJson } from "./api-client";
import { CODE_LENGTH, readDigits } from "./code-digits";
import type { CodeHint } from "./code-hint";
import type { Connection } from "./confirmation-feed";
import { LocalTime } from "./local-time";
import { useTexts } from "./texts-provider";
import { CodeInput } from "./ui/code-input";
import { FieldNote } from "./ui/field";
import { SubmitButton } from "./ui/submit-button";
import { useLanguageChange } from "./use-language-change";
import { useOnline } from "./use-online";

/** `confirmed`: accepted, and the account page is on its way. */
type Phase = "idle" | "sending" | "confirmed";

/** `againAtMs`: when it goes out again, on this device's clock, unless the line is back before; null: only then. */
type Unjudged = { text: string; againAtMs: number | null };

/** The line of the page may never have been away: what went wrong on the way is tried again, twice as late each time. */
const AGAIN_AFTER_MS = 10_000;
const DOUBLINGS = 5;

/**
 * Takes the code and sends it at the sixth digit. A refused code is cleared, an unsent one stays. `onSending` comes
 * before the code goes out, `onSettled` after it was refused, `onConfirmed` when it was right.
 */
export function CodeForm({
  mailId,
  email,
  hint,
  room,
  refusal,
  connection,
  isAtHand,
  isUseless,
  onSending,
  onSettled,
  onConfirmed,
}: {
  /** Of the mail whose code is asked for. What was said of one code is not said of the next. */
  mailId: string | undefined;
  /** Where that mail goes. A code that was typed for another address is not sent for this one. */
  email: string;
  hint: CodeHint;
  /** The longest that can stand below the field. */
  room: readonly string[];
  /** Why the form came back without JavaScript, or null. */
  refusal: Problem | null;
  /** How the page reaches its server. */
  connection: Connection;
  /** True when a code can be in the mailbox: the field then takes the focus where that opens no keyboard. */
  isAtHand: boolean;
  /** No code that is there can help: another button of the page is the important one. */
  isUseless: boolean;
  onSending: () => void;
  onSettled: () => void;
  onConfirmed: () => void;
}) {
  const { t } = useTexts();
  const input = useRef<HTMLInputElement>(null);
  const phase = useRef<Phase>("idle");
  const [isBusy, setBusy] = useState(false);
  const [length, setLength] = useState(0);
  const [error, setError] = useState<string | null>(refusal?.detail ?? null);
  /** Why what was typed has not been looked at. It stays, nothing is wrong with it, and it goes out by itself later. */
  const [unjudged, setUnjudged] = useState<Unjudged | null>(null);

  useEffect(() => {
    const field = input.current;
    if (!field || !isAtHand || document.activeElement !== document.body) return;
    // Where it can be seen: on a page that is zoomed far, whoever reads its head would lose their place.
    const { top, bottom } = field.getBoundingClientRect();
    if (top >= 0 && bottom <= innerHeight && matchMedia("(pointer: fine)").matches)
      field.focus({ preventScroll: true });
  }, [isAtHand]);

  const lastMailId = useRef(mailId);
  useEffect(() => {
    if (lastMailId.current !== mailId) setError(null);
    lastMailId.current = mailId;
  }, [mailId]);

  const lastEmail = useRef(email);
  useEffect(() => {
    if (lastEmail.current === email) return;
    lastEmail.current = email;
    setUnjudged(null);
    setLength(0);
    if (input.current) input.current.value = "";
  }, [email]);

  // Until when there is to be a wait stands in the hint: what was answered to a code does not hide it, and is over with it.
  const isWaiting = hint.kind === "wait";
  // Confirmed: whatever was said of the code before, or not heard of it, is over.
  const told = hint.kind === "done" ? null : error;
  // Nor the one that no code is to come: the answer would say to ask for another.
  const isHintMore = isWaiting || hint.kind === "not_coming";
  const wasWaiting = useRef(isWaiting);
  useEffect(() => {
    if (wasWaiting.current && !isWaiting) setError(null);
    wasWaiting.current = isWaiting;
  }, [isWaiting]);

  const unheard = useRef(0);
  const goOn = useRef(() => {});
  goOn.current = () => {
    const typed = readDigits(input.current?.value ?? "");
    if (unjudged !== null && typed.length === CODE_LENGTH) void send({ isByHand: false });
  };
  const againAtMs = unjudged?.againAtMs ?? null;
  useEffect(() => {
    if (againAtMs === null) return;
    const timer = setTimeout(() => goOn.current(), againAtMs - Date.now());
    return () => clearTimeout(timer);
  }, [againAtMs]);
  useEffect(() => {
    // The line is back: what six digits were typed for happens. Nobody is left before a code that only looks sent.
    if (connection === "live" || connection === "polling") goOn.current();
  }, [connection]);
  // A stream may have lived on while nothing else went through.
  useOnline(() => goOn.current());
  useLanguageChange(() => {
    setError(null);
    // It still goes out by itself; why it did not, the server says in the other language then.
    setUnjudged((before) => before && { ...before, text: t("confirm.codeUnsent") });
  });

  function enter(next: Phase): void {
    phase.current = next;
    setBusy(next !== "idle");
  }

  async function send({ isByHand = true } = {}): Promise<void> {
    const field = input.current;
    if (!field || phase.current !== "idle") return;
    // Said once: what fails again in the same way changes nothing that is read out.
    if (isByHand) {
      setUnjudged(null);
      unheard.current = 0;
    }
    const code = readDigits(field.value);
    if (code.length < CODE_LENGTH) {
      setError(t("confirm.codeIncomplete", { length: CODE_LENGTH }));
      return field.focus();
    }
    setError(null);
    enter("sending");
    onSending();
    const result = await postJson("/api/v1/usr/confirm-email", { code, delivery_id: mailId });
    if (result.outcome === "done") {
      enter("confirmed");
      return onConfirmed();
    }
    if (result.outcome === "refused" && result.problem.code === "already_confirmed") {
      // Elsewhere: the page reads that, and goes on as it does whenever it hears of it (use-move-on.ts).
      enter("confirmed");
      return onSettled();
    }
    enter("idle");
    if (result.outcome === "unreachable") {
      const againAtMs = Date.now() + AGAIN_AFTER_MS * 2 ** Math.min(unheard.current++, DOUBLINGS);
      setUnjudged({ text: t("confirm.codeUnsent"), againAtMs });
    } else if (result.problem.status >= 500)
      setUnjudged({ text: result.problem.detail, againAtMs: result.retryAtMs });
    else {
      setUnjudged(null);
      setError(result.problem.detail);
      // During a wait no code is looked at either, and this one may be right afterwards.
      if (!isWaiting) {
        field.value = "";
        setLength(0);
      }
    }
    // Sent by itself later, somebody may be typing elsewhere by then.
    const { activeElement } = document;
    if (activeElement === document.body || field.form?.contains(activeElement)) field.focus();
    onSettled();
  }

  return (
    <form
      method="post"
      action="/api/v1/usr/confirm-email"
      noValidate
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void send();
      }}
    >
      <AboutMail id={mailId} />
      <label htmlFor="code" className="mb-1.5 block font-medium">
        {t("confirm.code")}
      </label>
      <CodeInput
        ref={input}
        id="code"
        describedBy="code-note"
        isInvalid={told !== null}
        isReadOnly={isBusy}
        length={length}
        onDigits={(digits, isComposing) => {
          setLength(digits.length);
          if (digits.length === CODE_LENGTH && !isComposing) return void send();
          setUnjudged(null);
          if (digits !== "") setError(null);
        }}
      />
      <FieldNote
        id="code-note"
        hint={<Hint hint={hint} />}
        room={room}
        error={
          (hint.kind === "done" ? null : unjudged?.text) ?? (told && isHintMore ? <Hint hint={hint} /> : told)
        }
        isAnnounced
      />
      <SubmitButton look={isUseless ? "secondary" : "primary"} isBusy={isBusy} className="w-full">
        {t("confirm.submit")}
      </SubmitButton>
    </form>
  );
}

function Hint({ hint }: { hint: CodeHint }) {
  const { t, rich } = useTexts();
  switch (hint.kind) {
    case "waiting":
      return t("confirm.codeWaiting");
    case "not_coming":
      return t("confirm.codeNotComing");
    case "works":
      return rich<ReactNode>("confirm.codeWorks", {
        time: () => <LocalTime key="time" at={hint.expiresAt} shape="minute" />,
      });
    case "expired":
      return t("confirm.codeExpired");
    case "no_tries":
      return t("confirm.codeNoTries");
    case "wait":
      // With its seconds: the first waits are shorter than a minute.
      return rich<ReactNode>("confirm.codeWait", {
        time: () => <LocalTime key="time" at={hint.nextTryAt} shape="time" />,
      });
    case "done":
      return null;
  }
}
