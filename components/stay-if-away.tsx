"use client";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Alert } from "./ui/alert";
import { useOnline } from "./use-online";
import { useSlowBusy } from "./use-slow-busy";

const LIMIT_MS = 8_000;
/** A page tells of what was pressed last, and of nothing before it. */
const presses = new EventTarget();

/**
 * Around forms that the browser sends itself. With the network away it would put a page of its own in this one's place,
 * which says nothing of what was not done: so the server is asked first whether it answers, and `text` says when it does
 * not. Forms that send by themselves are left alone.
 */
export function StayIfAway({
  text,
  noteClass,
  children,
}: {
  text: string;
  /** Of the note's own place, after everything. */
  noteClass: string;
  children: ReactNode;
}) {
  const isUnderWay = useRef(false);
  const [isAsking, setAsking] = useState(false);
  const [isAway, setAway] = useState(false);
  const isSlow = useSlowBusy(isAsking);
  const note = useRef<HTMLDivElement>(null);
  useOnline(() => setAway(false));
  useEffect(() => {
    const forget = () => setAway(false);
    presses.addEventListener("press", forget);
    return () => presses.removeEventListener("press", forget);
  }, []);
  useEffect(() => {
    // Of what was pressed at the window's lower end nobody would see that it did not happen.
    if (isAway) note.current?.scrollIntoView({ block: "nearest" });
  }, [isAway]);

  async function send(form: HTMLFormElement): Promise<void> {
    isUnderWay.current = true;
    setAsking(true);
    presses.dispatchEvent(new Event("press"));
    const isThere = await answers();
    isUnderWay.current = false;
    setAsking(false);
    if (isThere) form.submit();
    else setAway(true);
  }

  return (
    // What is pressed is in the forms; this only hears of it.
    <div
      className={`contents ${isSlow ? "**:[button]:cursor-progress **:[button]:opacity-60" : ""}`}
      aria-busy={isSlow || undefined}
      onSubmit={(event: FormEvent<HTMLDivElement>) => {
        if (event.defaultPrevented || !(event.target instanceof HTMLFormElement)) return;
        event.preventDefault();
        if (!isUnderWay.current) void send(event.target);
      }}
    >
      {children}
      {isAway ? (
        <div ref={note} className={`scroll-my-4 ${noteClass}`}>
          <Alert isAnnounced>{text}</Alert>
        </div>
      ) : null}
    </div>
  );
}

/** Any answer is one: what is wrong with the server it tells itself, on a page of ours. */
async function answers(): Promise<boolean> {
  try {
    await fetch("/api/health", { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(LIMIT_MS) });
    return true;
  } catch {
    return false;
  }
}
