"use client";
import { type ReactNode, useRef } from "react";
import { useTexts } from "./texts-provider";
import { Field, type FieldInputProps } from "./ui/field";
import { useEmailSuggestion } from "./use-email-suggestion";

/** An address, and a question when it looks mistyped. Not type="email": browsers refuse letters there that addresses may have (RFC 6531). */
export function EmailField({
  label,
  hint,
  error,
  ...input
}: Omit<FieldInputProps, "type" | "inputMode" | "onBlur" | "onInput"> & {
  label: string;
  hint: string;
  error: string | null;
}) {
  const { t, rich } = useTexts();
  const { suggestion, look, forget } = useEmailSuggestion();
  const field = useRef<HTMLInputElement | null>(null);

  function take(meant: string): void {
    if (!field.current) return;
    field.current.value = meant;
    field.current.focus();
    // As if it had been typed, for the form around it.
    field.current.dispatchEvent(new Event("input", { bubbles: true }));
  }

  return (
    <Field
      autoComplete="email"
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      required
      {...input}
      label={label}
      room={[t("rules.emailNoAt"), t("rules.emailCutShort")]}
      error={error}
      type="text"
      inputMode="email"
      onBlur={(event) => {
        field.current = event.currentTarget;
        look(event.currentTarget.value);
      }}
      onInput={forget}
      hint={
        <>
          {/* There from the start: a live region that comes with its text is not read out. */}
          <span role="status">
            {suggestion
              ? rich<ReactNode>("form.didYouMean", {
                  address: suggestion,
                  take: (address) => (
                    <button
                      key="take"
                      type="button"
                      // Leaving the field for it is not looked at: an error that went away would move it from under the finger.
                      aria-controls={`field-${input.name}`}
                      onClick={() => take(suggestion)}
                      // A thumb high, in the room of one line.
                      className="-mt-1.5 -mb-5 cursor-pointer pt-1.5 pb-5 text-start font-medium break-all text-accent-fg underline underline-offset-2"
                    >
                      {address}
                    </button>
                  ),
                })
              : null}
          </span>
          {suggestion ? null : <span>{hint}</span>}
        </>
      }
    />
  );
}
