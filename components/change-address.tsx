"use client";
import type { Problem } from "@/app/_http/problem";
import type { Confirmation } from "@/domain/confirmation-state";
import { EmailField } from "./email-field";
import { FormNote } from "./form-note";
import { RefusalSummary } from "./refusal-summary";
import { checkEmail } from "./register-rules";
import { useTexts } from "./texts-provider";
import { SubmitButton } from "./ui/submit-button";
import { useApiForm } from "./use-api-form";

const LINK_CLASS =
  "inline-flex min-h-11 cursor-pointer items-center underline decoration-line-strong underline-offset-3 hover:text-fg";

/**
 * "Wrong address? Change it", and the form behind it; opens and sends without JavaScript too. Give it the address as
 * its key: with another one it begins anew.
 */
export function ChangeAddress({
  changesLeft,
  isNeeded,
  suggestion,
  typed,
  refusal,
  onChanged,
}: {
  changesLeft: number;
  /** The present address takes no mail: the form is open by itself. */
  isNeeded: boolean;
  /** The address that was probably meant, or null. */
  suggestion: string | null;
  /** What a refused form brought back without JavaScript, and why; null without one. */
  typed: string | null;
  refusal: Problem | null;
  onChanged: (confirmation: Confirmation) => void;
}) {
  const texts = useTexts();
  const { t } = texts;
  const labels = { email: t("confirm.changeLabel") };
  const { isBusy, errors, note, formProps, ...form } = useApiForm<"email", Confirmation>({
    action: "/api/v1/usr/change-email",
    checks: { email: checkEmail(texts) },
    refusal,
    onDone: onChanged,
  });

  if (changesLeft === 0 && !refusal)
    return (
      <a href="/register" className={LINK_CLASS}>
        {t("confirm.changeNoMore")}
      </a>
    );
  return (
    <details open={refusal !== null || isNeeded}>
      <summary className={`${LINK_CLASS} list-none [&::-webkit-details-marker]:hidden`}>
        {suggestion
          ? t("confirm.changeMeant", { address: suggestion })
          : t(isNeeded ? "confirm.changeNeeded" : "confirm.changeWrong")}
      </summary>
      <form {...formProps} className="mt-1 rounded-card border border-line p-4 tight:p-3 text-body text-fg">
        {form.refusal ? <RefusalSummary problem={form.refusal} labels={labels} /> : null}
        <EmailField
          label={labels.email}
          name="email"
          hint={t("confirm.changeHint")}
          error={errors.email}
          defaultValue={typed ?? suggestion ?? ""}
        />
        <SubmitButton look={isNeeded ? "primary" : "secondary"} isBusy={isBusy} className="w-full">
          {t("confirm.changeSubmit")}
        </SubmitButton>
        <FormNote note={note} />
      </form>
    </details>
  );
}
