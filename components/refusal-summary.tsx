import type { Problem } from "@/app/_http/problem";
import { Alert } from "./ui/alert";

/** Why a form came back without JavaScript: the sentence, and a way to each field that needs another look. */
export function RefusalSummary({ problem, labels }: { problem: Problem; labels: Record<string, string> }) {
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
                <a href={`#field-${error.field}`} className="underline underline-offset-2">
                  {labels[error.field]}
                </a>
                : {error.detail}
              </li>
            ))}
          </ul>
        )}
      </Alert>
    </div>
  );
}
