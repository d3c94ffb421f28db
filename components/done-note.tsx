import { CircleCheck } from "lucide-react";
import type { ReactNode } from "react";

/** What was done, on the page that a form came back to. */
export function DoneNote({ children }: { children: ReactNode }) {
  return (
    <p
      role="status"
      className="mb-4 flex gap-2.5 rounded-control bg-done-bg px-3.5 py-2.5 text-body text-done-fg"
    >
      <CircleCheck aria-hidden="true" className="mt-0.5 size-4.5 shrink-0" />
      {children}
    </p>
  );
}
