"use client";
import { useEffect } from "react";
import type { Problem } from "@/app/_http/problem";
import { USERNAME_MAX, USERNAME_MIN } from "@/domain/account-rules";
import { EmailField } from "./email-field";
import { FormNote } from "./form-note";
import { goTo } from "./go-to";
import { RefusalSummary } from "./refusal-summary";
import { restoreDraft, saveDraft } from "./register-draft";
import { checkEmail, checkNewPassword, checkUsername } from "./register-rules";
import { useTexts } from "./texts-provider";
import { Field } from "./ui/field";
import { NewPasswordField } from "./ui/new-password-field";
import { SubmitButton } from "./ui/submit-button";
import { useApiForm } from "./use-api-form";

const CONTEXT = ["username", "email"];

/** Registers. `values` and `refusal` are what a refused form brought back without JavaScript. */
export function RegisterForm({
  values,
  refusal,
  passwordMin,
}: {
  values: Record<string, string>;
  refusal: Problem | null;
  passwordMin: number;
}) {
  const texts = useTexts();
  const { t } = texts;
  const labels = { username: t("form.username"), email: t("form.email"), password: t("form.password") };
  const { isBusy, errors, note, formProps, ...form } = useApiForm({
    action: "/api/v1/usr/register",
    checks: {
      username: checkUsername(texts),
      email: checkEmail(texts),
      password: checkNewPassword(texts, passwordMin),
    },
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
      {form.refusal ? <RefusalSummary problem={form.refusal} labels={labels} /> : null}
      <Field
        label={labels.username}
        name="username"
        hint={t("register.usernameHint", { min: USERNAME_MIN, max: USERNAME_MAX })}
        room={[t("rules.usernameLetters"), t("rules.usernameSpaces")]}
        error={errors.username}
        defaultValue={values.username}
        autoComplete="username"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        required
      />
      <EmailField
        label={labels.email}
        name="email"
        hint={t("register.emailHint")}
        error={errors.email}
        defaultValue={values.email}
      />
      <NewPasswordField
        label={labels.password}
        name="password"
        error={errors.password}
        min={passwordMin}
        context={CONTEXT}
      />
      <SubmitButton isBusy={isBusy} className="mt-1 w-full">
        {t("register.submit")}
      </SubmitButton>
      <FormNote note={note} />
    </form>
  );
}
