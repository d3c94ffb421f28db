"use client";
import { useEffect } from "react";
import { getJson, isSessionOver } from "./api-client";
import { startAnew } from "./go-to";
import type { FormNote } from "./use-api-form";

/** Loads the page anew when the browser's session is not `userId`'s any more. */
async function look(userId: string): Promise<void> {
  const result = await getJson<{ id: string }>("/api/v1/usr/me");
  const isOther = result.outcome === "done" && result.data.id !== userId;
  if (isOther || isSessionOver(result)) startAnew();
}

/**
 * Signed out in another tab or on another device, perhaps signed in as somebody else: this page shows an account that is
 * nobody's here any more. Looked at again it asks, and is loaded anew when that is so.
 */
export function SessionWatch({ userId }: { userId: string }) {
  useEffect(() => {
    const lookIfSeen = () => {
      if (document.visibilityState === "visible") void look(userId);
    };
    // Also when the browser's back button brings the page as it was left.
    const revive = (event: PageTransitionEvent) => event.persisted && lookIfSeen();
    document.addEventListener("visibilitychange", lookIfSeen);
    window.addEventListener("pageshow", revive);
    return () => {
      document.removeEventListener("visibilitychange", lookIfSeen);
      window.removeEventListener("pageshow", revive);
    };
  }, [userId]);
  return null;
}

/** For a form of that page: asks as well when it was refused as a whole, by `note`, which may be for just that reason. */
export function useSessionWatch(userId: string, note: FormNote | null): void {
  useEffect(() => {
    // Of what was not answered nobody knows whether it was done: whoever presses again is told.
    if (note && !note.isUnsent) void look(userId);
  }, [userId, note]);
}
