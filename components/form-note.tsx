import { RetryIn } from "./retry-in";
import { Alert } from "./ui/alert";
import type { FormNote as Note } from "./use-api-form";

/** The refusal of a whole form, after its button: nothing above moves when it comes. */
export function FormNote({ note }: { note: Note | null }) {
  if (!note) return null;
  return (
    <div className="mt-4">
      <Alert isAnnounced>{note.text}</Alert>
      {note.retryAtMs === null ? null : (
        <p className="px-3.5 pt-2 text-small text-fg-muted">
          <RetryIn untilMs={note.retryAtMs} />
        </p>
      )}
    </div>
  );
}
