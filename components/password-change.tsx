"use client";
import { useEffect, useState } from "react";
import type { Problem } from "@/app/_http/problem";
import { AboutAccount } from "./about-account";
import { FormNote } from "./form-note";
import { replaceWith } from "./go-to";
import { RefusalSummary } from "./refusal-summary";
import { checkNewPassword } from "./register-rules";
import { useSessionWatch } from "./session-watch";
import { useTexts } from "./texts-provider";
import { NewPasswordField } from "./ui/new-password-field";
import { PasswordField } from "./ui/password-field";
import { SubmitButton } from "./ui/submit-button";
import { UsernameHint } from "./ui/username-hint";
import { useApiForm } from "./use-api-form";

const NONE: readonly string[] = [];

/** Changes the password. Username and address make no password. */
export function PasswordChange({
  passwordMin,
  userId,
  username,
  email,
  refusal,
}: {
  passwordMin: number;
  userId: string;
  username: string;
  email: string;
  refusal: Problem | null;
}) {
  const texts = useTexts();
  const { t } = texts;
  const labels = { current_password: t("passwordChange.present"), new_password: t("passwordChange.new") };
  const { isBusy, errors, note, formProps, ...form } = useApiForm<keyof typeof labels | "user_id", unknown>({
    action: "/api/v1/usr/change-password",
    checks: {
      current_password: (value) => (value === "" ? t("passwordChange.presentMissing") : null),
      new_password: checkNewPassword(texts, passwordMin),
      user_id: () => null,
    },
    refusal,
    onDone: () => replaceWith("/account"),
  });
  useSessionWatch(userId, note);
  const [isInDoubt, setInDoubt] = useState(false);
  useEffect(() => {
    if (note?.isUnsent) setInDoubt(true);
  }, [note]);
  // Of a press whose answer was lost nobody knows whether it was done.
  const doubt = isInDoubt && errors.current_password ? t("passwordChange.maybeChanged") : null;
  return (
    <form {...formProps} className="mt-3">
      {form.refusal ? <RefusalSummary problem={form.refusal} labels={labels} /> : null}
      <AboutAccount id={userId} />
      <UsernameHint username={username} />
      <PasswordField
        label={labels.current_password}
        name="current_password"
        error={errors.current_password}
        autoComplete="current-password"
        required
      />
      <NewPasswordField
        label={labels.new_password}
        name="new_password"
        error={errors.new_password}
        min={passwordMin}
        context={NONE}
        known={[username, email]}
      />
      <SubmitButton look="secondary" isBusy={isBusy} className="w-full">
        {t("passwordChange.submit")}
      </SubmitButton>
      <FormNote note={doubt ? { text: doubt, retryAtMs: null } : note} />
    </form>
  );
}
