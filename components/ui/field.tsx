import type { InputHTMLAttributes, ReactNode } from "react";
import { AlertIcon } from "./field-icons";
import { Room } from "./room";

export type FieldInputProps = Omit<InputHTMLAttributes<HTMLInputElement>, "id" | "className"> & {
  name: string;
};

/** The look of every text input; `input-edge` is in globals.css. */
export const INPUT_CLASS =
  "input-edge block h-11 w-full min-w-0 rounded-control border bg-surface px-3.5 text-field text-fg transition-colors duration-150";

/**
 * Label, input, and one line below that holds the hint or, once there is one, the error. Two lines of room are kept, so
 * an error moves nothing.
 */
export function Field({
  label,
  hint,
  room = [],
  error,
  aside,
  trailing,
  ...input
}: FieldInputProps & {
  label: string;
  hint?: ReactNode;
  /** Errors that can need more lines than the hint. */
  room?: readonly string[];
  error: string | null;
  /** Beside the label, e.g. a Caps Lock hint. */
  aside?: ReactNode;
  /** Inside the input's end, e.g. a button. */
  trailing?: ReactNode;
}) {
  const id = `field-${input.name}`;
  return (
    <div>
      <div className="mb-1.5 flex items-end justify-between gap-3">
        <label htmlFor={id} className="field-label">
          {label}
        </label>
        {/* Two lines of it are no higher than the row with the room above it: nothing moves when it comes. */}
        {aside ? <div className="-mt-2.5 text-end text-small leading-4">{aside}</div> : null}
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
      <FieldNote id={`${id}-note`} hint={hint} room={room} error={error} />
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
  room = [],
  error,
  isAnnounced = false,
}: {
  id: string;
  hint?: ReactNode;
  /** What else can stand here and may need more lines. */
  room?: readonly string[];
  error: ReactNode;
  isAnnounced?: boolean;
}) {
  return (
    // A hint says that its errors can need two lines.
    <p id={id} className={`pt-1.5 pb-4 text-small wrap-anywhere ${hint ? "min-h-14.5" : "min-h-10"}`}>
      {/* As far in as the sign of an error takes its words. */}
      <Room texts={room} className="*:[.room]:ps-5">
        <span role={isAnnounced ? "alert" : undefined} className="error-text">
          {error ? <AlertIcon className="me-1.5 inline size-3.5 align-[-0.15em]" /> : null}
          {error}
        </span>
        {/* Beside an error only where it asks something (globals.css). */}
        <span className="text-fg-muted">{hint}</span>
      </Room>
    </p>
  );
}
