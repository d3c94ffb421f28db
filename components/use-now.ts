import { useEffect, useState } from "react";

/**
 * The time in milliseconds, renewed every second while `isTicking`. `base` says what the clock of the facts showed when
 * they arrived: the first render shows exactly that on the server and in the browser, and a wrong local clock is evened
 * out afterwards.
 */
export function useNow(base: { atMs: number; receivedAtMs: number | null }, isTicking: boolean): number {
  const { atMs, receivedAtMs } = base;
  const [localMs, setLocalMs] = useState<number | null>(null);
  useEffect(() => {
    if (!isTicking) return;
    setLocalMs(Date.now());
    const timer = setInterval(() => setLocalMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isTicking]);
  return receivedAtMs === null || localMs === null ? atMs : atMs + Math.max(0, localMs - receivedAtMs);
}
