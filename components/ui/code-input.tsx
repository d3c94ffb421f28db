"use client";
import type { Ref } from "react";
import { CODE_LENGTH, readDigits } from "../code-digits";

const BOXES = Array.from({ length: CODE_LENGTH }, (_, index) => index);

/**
 * One real text input that looks like six boxes (see `code-input` in globals.css), so paste, autofill, undo, selection
 * and screen readers work as in any input, also without JavaScript. With it, spaces and dashes are taken out while
 * typing or pasting; `onDigits` hears every change. A keyboard that composes (full-width digits in Japanese) has the
 * field for itself until it is done: what is put in meanwhile would come twice.
 */
export function CodeInput({
  ref,
  id,
  describedBy,
  isInvalid,
  isReadOnly,
  length,
  onDigits,
}: {
  ref: Ref<HTMLInputElement>;
  id: string;
  describedBy: string;
  isInvalid: boolean;
  isReadOnly: boolean;
  /** Digits in the field as its owner knows it: shows which box is next. */
  length: number;
  /** `isComposing`: they may still change without being touched. */
  onDigits: (digits: string, isComposing: boolean) => void;
}) {
  const read = (input: HTMLInputElement, isComposing: boolean) => {
    const digits = readDigits(input.value);
    if (!isComposing && digits !== input.value) input.value = digits;
    onDigits(digits, isComposing);
  };
  return (
    <div
      dir="ltr"
      className="group @container relative h-14 overflow-clip"
      data-invalid={isInvalid || undefined}
    >
      <div aria-hidden="true" className="code-boxes absolute inset-0">
        {BOXES.map((box) => (
          <span
            key={box}
            data-active={box === Math.min(length, CODE_LENGTH - 1) || undefined}
            className="rounded-control border border-line-strong bg-surface transition-colors duration-150 group-focus-within:border-accent-fg group-focus-within:data-active:border-2 group-data-invalid:border-bad-fg"
          />
        ))}
      </div>
      <input
        ref={ref}
        id={id}
        name="code"
        type="text"
        inputMode="numeric"
        autoComplete="one-time-code"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        required
        readOnly={isReadOnly}
        aria-invalid={isInvalid || undefined}
        aria-describedby={describedBy}
        onInput={(event) => read(event.currentTarget, (event.nativeEvent as InputEvent).isComposing)}
        onCompositionEnd={(event) => read(event.currentTarget, false)}
        className="code-input absolute inset-y-0 start-0 bg-transparent font-mono text-title font-semibold text-fg caret-accent-fg outline-none read-only:text-fg-muted forced-colors:text-[FieldText]! forced-colors:caret-[FieldText] forced-colors:forced-color-adjust-none"
      />
    </div>
  );
}
