import { useEffect } from "react";

/** Calls `then` when the browser has its network back. */
export function useOnline(then: () => void): void {
  useEffect(() => {
    addEventListener("online", then);
    return () => removeEventListener("online", then);
  }, [then]);
}
