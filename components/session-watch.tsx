"use client";
import { useEffect } from "react";
import { getJson, isSessionOver } from "./api-client";
import { startAnew } from "./go-to";

/**
 * Signed out in another tab or on another device, perhaps signed in as somebody else: this page shows an account that is
 * nobody's here any more. Looked at again it asks, and is loaded anew when that is so.
 */
export function SessionWatch({ userId }: { userId: string }) {
  useEffect(() => {
    const look = () => {
      if (document.visibilityState !== "visible") return;
      void getJson<{ id: string }>("/api/v1/usr/me").then((result) => {
        const isOther = result.outcome === "done" && result.data.id !== userId;
        if (isOther || isSessionOver(result)) startAnew();
      });
    };
    // Also when the browser's back button brings the page as it was left.
    const revive = (event: PageTransitionEvent) => event.persisted && look();
    document.addEventListener("visibilitychange", look);
    window.addEventListener("pageshow", revive);
    return () => {
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("pageshow", revive);
    };
  }, [userId]);
  return null;
}
