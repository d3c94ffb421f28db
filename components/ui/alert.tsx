import type { ReactNode, Ref } from "react";
import { AlertIcon } from "./field-icons";

/** What went wrong with a whole form. `isAnnounced` where it appears after the page was read. */
export function Alert({
  children,
  isAnnounced = false,
  ref,
}: {
  children: ReactNode;
  isAnnounced?: boolean;
  ref?: Ref<HTMLDivElement>;
}) {
  return (
    <div
      ref={ref}
      role={isAnnounced ? "alert" : undefined}
      className="flex gap-2.5 rounded-control border border-transparent bg-bad-bg px-3.5 py-2.5 text-body text-bad-fg"
    >
      <AlertIcon className="mt-0.5 size-4.5 shrink-0" />
      <div className="min-w-0">{children}</div>
    </div>
  );
}
