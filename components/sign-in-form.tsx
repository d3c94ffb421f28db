"use client";
import type { Problem } from "@/app/_http/problem";
import { FormNote } from "./form-note";
import { goTo } from "./go-to";
import { RefusalSummary } from "./refusal-summary";
import { useTexts } from "./texts-provider";
import { Field } from "./ui/field";
import { PasswordField } from "./ui/password-field";
import { SubmitButton } from "./ui/submit-button";
import { useApiForm } from "./use-api-form";

/** Signs in; somebody whose address is not confirmed yet goes back to confirming it. */
export function SignInForm({ values, refusal }: { values: Record<string, string>; refusal: Problem | null }) {
  const { t } = useTexts();
  const labels = { login: t("signIn.login"), password: t("form.password") };
  const { isBusy, errors, note, formProps, ...form } = useApiForm<
    "login" | "password",
    { user_data: { email_confirmed: boolean } }
  >({
    action: "/api/v1/usr/token",
    checks: {
      login: (value) => (value.trim() === "" ? t("signIn.loginMissing") : null),
      password: (value) => (value === "" ? t("form.passwordMissing") : null),
    },
    refusal,
    onDone: ({ user_data }) => goTo(user_data.email_confirmed ? "/account" : "/confirm"),
  });

  return (
    <form {...formProps}>
      {form.refusal ? <RefusalSummary problem={form.refusal} labels={labels} /> : null}
      <Field
        label={labels.login}
        name="login"
        error={errors.login}
        defaultValue={values.login}
        autoComplete="username"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        required
      />
      <PasswordField
        label={labels.password}
        name="password"
        error={errors.password}
        autoComplete="current-password"
        required
      />
      <SubmitButton isBusy={isBusy} className="mt-1 w-full">
        {t("signIn.submit")}
      </SubmitButton>
      <FormNote note={note} />
    </form>
  );
}
