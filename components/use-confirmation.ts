import { useCallback, useEffect, useRef, useState } from "react";
import type { Confirmation } from "@/domain/confirmation-state";
import { type Connection, type Feed, openConfirmationFeed } from "./confirmation-feed";

export type LiveConfirmation = {
  confirmation: Confirmation;
  /** This device's clock when `confirmation` arrived; null while it is the one the page was made with. */
  receivedAtMs: number | null;
  connection: Connection;
  /** The session is over; what is shown may be old. */
  isEnded: boolean;
  /** The browser's session is another registration's than the page was made with: another tab began or opened it. */
  isOther: boolean;
  refresh: () => void;
};

/** The confirmation as it changes, beginning with what the server rendered. */
export function useConfirmation(initial: Confirmation): LiveConfirmation {
  const [latest, setLatest] = useState<{ confirmation: Confirmation; receivedAtMs: number | null }>({
    confirmation: initial,
    receivedAtMs: null,
  });
  const [connection, setConnection] = useState<Connection>("connecting");
  const [isEnded, setEnded] = useState(false);
  // No two registrations of a browser were made in the same millisecond.
  const [registeredAt, setRegisteredAt] = useState(initial.registered_at);
  const feed = useRef<Feed | null>(null);
  useEffect(() => {
    setLatest((now) => (now.receivedAtMs === null ? { ...now, receivedAtMs: Date.now() } : now));
    const opened = openConfirmationFeed({
      onConfirmation: (confirmation) => {
        setLatest({ confirmation, receivedAtMs: Date.now() });
        // The stream that is open was opened for the one before, and would go on telling of it: another one is opened.
        setRegisteredAt(confirmation.registered_at);
      },
      onConnection: setConnection,
      onEnded: () => setEnded(true),
    });
    feed.current = opened;
    return () => opened.close();
  }, [registeredAt]);
  const refresh = useCallback(() => feed.current?.refresh(), []);
  return { ...latest, connection, isEnded, isOther: registeredAt !== initial.registered_at, refresh };
}
