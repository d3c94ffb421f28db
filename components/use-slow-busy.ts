import { useEffect, useRef, useState } from "react";

/** A spinner that flashes makes a fast answer feel slow: it appears after 400 ms and then stays at least 300 ms. */
const APPEAR_AFTER_MS = 400;
const STAY_MS = 300;

/** True while a spinner should be seen for work that is under way (`isBusy`). */
export function useSlowBusy(isBusy: boolean): boolean {
  const [isShown, setShown] = useState(false);
  const shownAtMs = useRef(0);
  useEffect(() => {
    if (isBusy === isShown) return;
    const waitMs = isBusy ? APPEAR_AFTER_MS : Math.max(0, shownAtMs.current + STAY_MS - performance.now());
    const timer = setTimeout(() => {
      shownAtMs.current = performance.now();
      setShown(isBusy);
    }, waitMs);
    return () => clearTimeout(timer);
  }, [isBusy, isShown]);
  return isShown;
}
