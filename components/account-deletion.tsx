"use client";
import type { Problem } from "@/app/_http/problem";
import { AboutAccount } from "./about-account";
import { FormNote } from "./form-note";
import { replaceWith } from "./go-to";
import { RefusalSummary } from "./refusal-summary";
import { useSessionWatch } from "./session-watch";
import { useTexts } from "./texts-provider";
import { PasswordField } from "./ui/password-field";
import { SubmitButton } from "./ui/submit-button";
import { UsernameHint } from "./ui/username-hint";
import { useApiForm } from "./use-api-form";

/** Deletes the account; the password is what asks "are you sure?". */
export function AccountDeletion({
  userId,
  username,
  refusal,
}: {
  userId: string;
  username: string;
  refusal: Problem | null;
}) {
  const { t } = useTexts();
  const labels = { password: t("passwordChange.present") };
  const { isBusy, errors, note, formProps, ...form } = useApiForm<"password" | "user_id", unknown>({
    action: "/api/v1/usr/delete-account",
    checks: {
      password: (value) => (value === "" ? t("passwordChange.presentMissing") : null),
      user_id: () => null,
    },
    refusal,
    onDone: () => replaceWith("/"),
  });
  useSessionWatch(userId, note);
  return (
    <form {...formProps} className="mt-3">
      <p className="mb-4 text-fg-muted">{t("deletion.text")}</p>
      {form.refusal ? <RefusalSummary problem={form.refusal} labels={labels} /> : null}
      <AboutAccount id={userId} />
      <UsernameHint username={username} />
      <PasswordField
        label={labels.password}
        name="password"
        error={errors.password}
        autoComplete="current-password"
        required
      />
      <SubmitButton look="danger" isBusy={isBusy} className="w-full">
        {t("deletion.submit")}
      </SubmitButton>
      <FormNote note={note} />
    </form>
  );
}
