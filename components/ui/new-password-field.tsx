"use client";
import { type ComponentType, useRef, useState } from "react";
import { useTexts } from "../texts-provider";
import { PasswordField } from "./password-field";
import type { StrengthMeterProps } from "./strength-meter";

/**
 * A password that is being chosen: how hard it is to guess stands below it while it is typed. What judges it is large,
 * so it is loaded when the field is first entered; without it the hint stays. Never an obstacle: the server has the
 * last word. `min`: characters, at least. `context`: names of other fields of this form whose words are no secret.
 */
export function NewPasswordField({
  label,
  name,
  error,
  min,
  context,
  known = [],
}: {
  label: string;
  name: string;
  error: string | null;
  min: number;
  context: readonly string[];
  /** Further words that are no secret: of somebody who is signed in. */
  known?: readonly string[];
}) {
  const { t } = useTexts();
  const [Meter, setMeter] = useState<ComponentType<StrengthMeterProps> | null>(null);
  const [typed, setTyped] = useState("");
  const [words, setWords] = useState<readonly string[]>(known);
  const isAsked = useRef(false);

  function loadMeter(): void {
    if (isAsked.current) return;
    isAsked.current = true;
    import("./strength-meter").then(
      ({ StrengthMeter }) => setMeter(() => StrengthMeter),
      () => {
        isAsked.current = false; // no network just now: asked again at the next focus
      },
    );
  }

  return (
    <PasswordField
      label={label}
      name={name}
      hint={
        Meter && typed ? (
          <Meter password={typed} min={min} words={words} />
        ) : (
          t("form.newPasswordHint", { min })
        )
      }
      error={error}
      autoComplete="new-password"
      // A rule that Safari's and other generators read (https://github.com/whatwg/html/issues/3518).
      {...{ passwordrules: `minlength: ${min};` }}
      required
      onFocus={(event) => {
        loadMeter();
        const { form } = event.currentTarget;
        const others = context.map((field) => form?.elements.namedItem(field));
        const values = others.flatMap((field) => (field instanceof HTMLInputElement ? [field.value] : []));
        setWords([...known, ...values]);
      }}
      onInput={(event) => setTyped(event.currentTarget.value)}
    />
  );
}
