"use client";
import { useEffect } from "react";
import type { Problem } from "@/app/_http/problem";
import { PASSWORD_MIN, USERNAME_MAX, USERNAME_MIN } from "@/domain/account-rules";
import { EmailField } from "./email-field";
import { FormNote } from "./form-note";
import { goTo } from "./go-to";
import { RefusalSummary } from "./refusal-summary";
import { restoreDraft, saveDraft } from "./register-draft";
import { checkEmail, checkPassword, checkUsername } from "./register-rules";
import { Field } from "./ui/field";
import { PasswordField } from "./ui/password-field";
import { SubmitButton } from "./ui/submit-button";
import { useApiForm } from "./use-api-form";

const LABELS = { username: "Username", email: "Email address", password: "Password" };

/** Registers. `values` and `refusal` are what a refused form brought back without JavaScript. */
export function RegisterForm({
  values,
  refusal,
}: {
  values: Record<string, string>;
  refusal: Problem | null;
}) {
  const { isBusy, errors, note, formProps, ...form } = useApiForm({
    action: "/api/v1/usr/register",
    checks: { username: checkUsername, email: checkEmail, password: checkPassword },
    refusal,
    onDone: () => goTo("/confirm"),
  });
  const { ref } = formProps;
  useEffect(() => {
    if (ref.current) restoreDraft(ref.current);
  }, [ref]);

  return (
    <form
      {...formProps}
      onInput={(event) => {
        formProps.onInput(event);
        saveDraft(event.currentTarget);
      }}
    >
      {form.refusal ? <RefusalSummary problem={form.refusal} labels={LABELS} /> : null}
      <Field
        label={LABELS.username}
        name="username"
        hint={`${USERNAME_MIN} to ${USERNAME_MAX} letters, digits, dots, dashes or underscores.`}
        error={errors.username}
        defaultValue={values.username}
        autoComplete="username"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        required
      />
      <EmailField
        label={LABELS.email}
        name="email"
        hint="We send a 6-digit code to this address."
        error={errors.email}
        defaultValue={values.email}
        onTaken={({ form }) => form && saveDraft(form)}
      />
      <PasswordField
        label={LABELS.password}
        name="password"
        hint={`At least ${PASSWORD_MIN} characters. A short sentence works well.`}
        error={errors.password}
        autoComplete="new-password"
        required
      />
      <SubmitButton isBusy={isBusy} className="mt-1 w-full">
        Create account
      </SubmitButton>
      <FormNote note={note} />
    </form>
  );
}
