"use client";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { useTexts } from "../texts-provider";
import { useHydrated } from "../use-hydrated";
import { Field, type FieldInputProps } from "./field";
import { EyeIcon, EyeOffIcon } from "./field-icons";

/** A password that can be looked at, with a word about Caps Lock while it is on. */
export function PasswordField({
  label,
  hint,
  error,
  ...input
}: Omit<FieldInputProps, "type"> & { label: string; hint?: ReactNode; error: string | null }) {
  const { t } = useTexts();
  const [isShown, setShown] = useState(false);
  const [isCapsLock, setCapsLock] = useState(false);
  const isHydrated = useHydrated();
  const watchCapsLock = (event: KeyboardEvent) => setCapsLock(event.getModifierState("CapsLock"));
  const Icon = isShown ? EyeOffIcon : EyeIcon;
  return (
    <Field
      {...input}
      label={label}
      hint={hint}
      error={error}
      type={isShown ? "text" : "password"}
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      onKeyDown={watchCapsLock}
      onKeyUp={watchCapsLock}
      aside={
        <span role="status" className="text-waiting-fg">
          {isCapsLock ? t("form.capsLock") : ""}
        </span>
      }
      trailing={
        isHydrated ? (
          <button
            type="button"
            aria-label={t(isShown ? "form.hidePassword" : "form.showPassword")}
            aria-controls={`field-${input.name}`}
            onClick={() => setShown(!isShown)}
            className="absolute inset-y-0 end-0 grid w-11 cursor-pointer place-items-center rounded-control text-fg-muted hover:text-fg"
          >
            <Icon className="size-4.5" />
          </button>
        ) : null
      }
    />
  );
}
