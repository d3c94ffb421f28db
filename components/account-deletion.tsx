"use client";
import type { Problem } from "@/app/_http/problem";
import { FormNote } from "./form-note";
import { replaceWith } from "./go-to";
import { RefusalSummary } from "./refusal-summary";
import { PasswordField } from "./ui/password-field";
import { SubmitButton } from "./ui/submit-button";
import { UsernameHint } from "./ui/username-hint";
import { useApiForm } from "./use-api-form";

const LABELS = { password: "Your password" };

/** Deletes the account; the password is what asks "are you sure?". */
export function AccountDeletion({ username, refusal }: { username: string; refusal: Problem | null }) {
  const { isBusy, errors, note, formProps, ...form } = useApiForm<"password", unknown>({
    action: "/api/v1/usr/delete-account",
    checks: { password: (value) => (value === "" ? "Please enter your password." : null) },
    refusal,
    onDone: () => replaceWith("/"),
  });
  return (
    <form {...formProps} className="mt-3">
      <p className="mb-4 text-fg-muted">
        Everything about you is removed at once and cannot be brought back. You can register again.
      </p>
      {form.refusal ? <RefusalSummary problem={form.refusal} labels={LABELS} /> : null}
      <UsernameHint username={username} />
      <PasswordField
        label={LABELS.password}
        name="password"
        error={errors.password}
        autoComplete="current-password"
        required
      />
      <SubmitButton look="danger" isBusy={isBusy} className="w-full">
        Delete my account
      </SubmitButton>
      <FormNote note={note} />
    </form>
  );
}
