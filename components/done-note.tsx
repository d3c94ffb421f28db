import { CircleCheck } from "lucide-react";
import type { ReactNode } from "react";

/**
 * What was done, on the page that a form came back to. It takes the focus, with and without JavaScript: the button that
 * was pressed is gone with its page, a screen reader says nothing of a live region that a page comes with, and the note
 * may stand far below what is seen of a page that is zoomed.
 */
export function DoneNote({ children }: { children: ReactNode }) {
  return (
    <p
      role="status"
      tabIndex={-1}
      // biome-ignore lint/a11y/noAutofocus: nobody was anywhere else on this page yet.
      autoFocus
      className="mb-4 flex gap-2.5 rounded-control bg-done-bg px-3.5 py-2.5 text-body text-done-fg outline-none"
    >
      <CircleCheck aria-hidden="true" className="mt-0.5 size-4.5 shrink-0" />
      {children}
    </p>
  );
}
