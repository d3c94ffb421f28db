import { useSyncExternalStore } from "react";

const subscribe = () => () => {};

/** False on the server and until JavaScript has taken over: for what is useless without it. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => true,
    () => false,
  );
}
