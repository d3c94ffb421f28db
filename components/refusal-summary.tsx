"use client";
import type { ReactNode } from "react";
import type { Problem } from "@/app/_http/problem";
import { useTexts } from "./texts-provider";
import { Alert } from "./ui/alert";

/** Why a form came back without JavaScript: the sentence, and a way to each field that needs another look. */
export function RefusalSummary({ problem, labels }: { problem: Problem; labels: Record<string, string> }) {
  const { rich } = useTexts();
  const errors = (problem.errors ?? []).filter((error) => error.field in labels);
  return (
    <div className="mb-5">
      <Alert>
        {errors.length === 0 ? (
          <p>{problem.detail}</p>
        ) : (
          <ul>
            {errors.map((error) => (
              <li key={error.field}>
                {rich<ReactNode>("form.refused", {
                  label: labels[error.field] ?? "",
                  detail: error.detail,
                  field: (label) => (
                    <a key="field" href={`#field-${error.field}`} className="underline">
                      {label}
                    </a>
                  ),
                })}
              </li>
            ))}
          </ul>
        )}
      </Alert>
    </div>
  );
}
