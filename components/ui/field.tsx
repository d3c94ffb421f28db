import type { InputHTMLAttributes, ReactNode } from "react";

export type FieldInputProps = Omit<InputHTMLAttributes<HTMLInputElement>, "id" | "className"> & {
  name: string;
};

/**
 * The look of every text input. Right to left, it begins at the right, but what is typed keeps its own direction: the
 * dot of "name@example.com." stands behind it, not before.
 */
export const INPUT_CLASS =
  "block h-11 w-full min-w-0 rounded-control border bg-surface px-3.5 text-field text-fg transition-colors duration-150 hover:border-fg-muted focus-visible:border-accent-fg focus-visible:outline-2 focus-visible:-outline-offset-1 aria-invalid:border-bad-fg aria-invalid:outline-bad-fg border-line-strong rtl:text-right rtl:[unicode-bidi:plaintext]";

/**
 * Label, input, and one line below that holds the hint or, once there is one, the error. Two lines of room are kept, so
 * an error moves nothing.
 */
export function Field({
  label,
  hint,
  error,
  aside,
  trailing,
  ...input
}: FieldInputProps & {
  label: string;
  hint?: ReactNode;
  error: string | null;
  /** Beside the label, e.g. a Caps Lock hint. */
  aside?: ReactNode;
  /** Inside the input's end, e.g. a button. */
  trailing?: ReactNode;
}) {
  const id = `field-${input.name}`;
  return (
    <div>
      <div className="mb-1.5 flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        {aside}
      </div>
      <div className="relative">
        <input
          {...input}
          id={id}
          aria-invalid={error ? true : undefined}
          aria-describedby={`${id}-note`}
          className={`${INPUT_CLASS} ${trailing ? "pe-13" : ""}`}
        />
        {trailing}
      </div>
      <FieldNote id={`${id}-note`} hint={hint} error={error} />
    </div>
  );
}

/**
 * The line below a field. `isAnnounced` where focus stays in the field: the error is spoken then. Its live region is there from the start;
 * the hint is never spoken.
 */
export function FieldNote({
  id,
  hint,
  error,
  isAnnounced = false,
}: {
  id: string;
  hint?: ReactNode;
  error: string | null;
  isAnnounced?: boolean;
}) {
  return (
    // A hint says that its errors can need two lines.
    <p id={id} className={`pt-1.5 pb-2 text-small ${hint ? "min-h-12.5" : "min-h-8.5"}`}>
      <span role={isAnnounced ? "alert" : undefined} className="text-bad-fg">
        {error}
      </span>
      {error ? null : <span className="text-fg-muted">{hint}</span>}
    </p>
  );
}
