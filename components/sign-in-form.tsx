"use client";
import type { Problem } from "@/app/_http/problem";
import { FormNote } from "./form-note";
import { goTo } from "./go-to";
import { RefusalSummary } from "./refusal-summary";
import { Field } from "./ui/field";
import { PasswordField } from "./ui/password-field";
import { SubmitButton } from "./ui/submit-button";
import { useApiForm } from "./use-api-form";

const LABELS = { login: "Username or email address", password: "Password" };

/** Signs in; somebody whose address is not confirmed yet goes back to confirming it. */
export function SignInForm({ values, refusal }: { values: Record<string, string>; refusal: Problem | null }) {
  const { isBusy, errors, note, formProps, ...form } = useApiForm<
    "login" | "password",
    { user_data: { email_confirmed: boolean } }
  >({
    action: "/api/v1/usr/token",
    checks: {
      login: (value) => (value.trim() === "" ? "Please enter your username or email address." : null),
      password: (value) => (value === "" ? "Please enter your password." : null),
    },
    refusal,
    onDone: ({ user_data }) => goTo(user_data.email_confirmed ? "/account" : "/confirm"),
  });

  return (
    <form {...formProps}>
      {form.refusal ? <RefusalSummary problem={form.refusal} labels={LABELS} /> : null}
      <Field
        label={LABELS.login}
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
        label={LABELS.password}
        name="password"
        error={errors.password}
        autoComplete="current-password"
        required
      />
      <SubmitButton isBusy={isBusy} className="mt-1 w-full">
        Sign in
      </SubmitButton>
      <FormNote note={note} />
    </form>
  );
}
