"use client";
import type { ReactNode } from "react";
import { useTexts } from "../texts-provider";
import { useSlowBusy } from "../use-slow-busy";
import { type ButtonLook, buttonClass } from "./button-class";
import { Spinner } from "./spinner";

/**
 * Submits its form. While busy it keeps its width, its label and the focus (`aria-disabled`, not `disabled`); the form
 * is what refuses a second submit.
 */
export function SubmitButton({
  children,
  isBusy,
  isOff = false,
  describedBy,
  look = "primary",
  className = "",
}: {
  children: ReactNode;
  isBusy: boolean;
  /** Cannot be used now, for a reason that stands beside it. */
  isOff?: boolean;
  describedBy?: string;
  look?: ButtonLook;
  className?: string;
}) {
  const { t } = useTexts();
  const isSlow = useSlowBusy(isBusy);
  return (
    <button
      type="submit"
      aria-describedby={describedBy}
      aria-disabled={isBusy || isOff || undefined}
      className={buttonClass(look, `${isOff ? "opacity-60" : ""} ${className}`)}
    >
      {children}
      {isSlow ? (
        <span className="absolute end-3.5 grid place-items-center motion-safe:animate-settle">
          <Spinner />
          <span className="sr-only">{t("common.pleaseWait")}</span>
        </span>
      ) : null}
    </button>
  );
}
