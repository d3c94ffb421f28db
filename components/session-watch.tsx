"use client";
import { useEffect } from "react";
import { getJson, isSignedOut } from "./api-client";

/**
 * Signed out in another tab, or on another device: this page shows an account that is nobody's here any more. Looked
 * at again it asks, and is loaded anew when that is so.
 */
export function SessionWatch() {
  useEffect(() => {
    const look = () => {
      if (document.visibilityState !== "visible") return;
      void getJson("/api/v1/usr/me").then((result) => {
        if (isSignedOut(result)) location.reload();
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
  }, []);
  return null;
}
