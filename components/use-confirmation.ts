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
  /**
   * Whose session the browser has by now, where it is no longer the registration's that the page was made with: another
   * registration that a tab began, or an account that somebody signed in to.
   */
  other: "registration" | "account" | null;
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
  const [isAccount, setAccount] = useState(false);
  const feed = useRef<Feed | null>(null);
  useEffect(() => {
    setLatest((now) => (now.receivedAtMs === null ? { ...now, receivedAtMs: Date.now() } : now));
    const opened = openConfirmationFeed({
      onConfirmation: (confirmation) => {
        setLatest({ confirmation, receivedAtMs: Date.now() });
        // The stream that is open was opened for the one before, and would go on telling of it: another one is opened.
        setRegisteredAt(confirmation.registered_at);
        // One that is confirmed while the page shows it moves it on; one that comes confirmed was somebody's already.
        if (confirmation.registered_at !== registeredAt) setAccount(confirmation.confirmed);
      },
      onConnection: setConnection,
      onEnded: () => setEnded(true),
    });
    feed.current = opened;
    return () => opened.close();
  }, [registeredAt]);
  const refresh = useCallback(() => feed.current?.refresh(), []);
  const other =
    registeredAt === initial.registered_at
      ? null
      : isAccount
        ? ("account" as const)
        : ("registration" as const);
  return { ...latest, connection, isEnded, other, refresh };
}
