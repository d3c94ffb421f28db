"use client";
import { useEffect, useState } from "react";
import { formatCountdown } from "./countdown";
import { useTexts } from "./texts-provider";

/** Counts down to an instant of this device's clock; shows nothing once it is past. Not for live regions. */
export function RetryIn({ untilMs }: { untilMs: number }) {
  const { language, t } = useTexts();
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.ceil((untilMs - nowMs) / 1000);
  return seconds > 0 ? (
    <span className="tabular-nums">{t("form.retryIn", { left: formatCountdown(seconds, language) })}</span>
  ) : (
    <span>{t("form.retryNow")}</span>
  );
}
