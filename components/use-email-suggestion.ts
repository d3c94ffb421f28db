import { useRef, useState } from "react";

export type EmailSuggestion = {
  /** The address that was probably meant, or null. */
  suggestion: string | null;
  /** Looks at what was typed; what does the looking is loaded at the first call. */
  look: (typed: string) => void;
  forget: () => void;
};

/** "Did you mean gmail.com?", asked when a field is left. Never an obstacle: without an answer there is no question. */
export function useEmailSuggestion(): EmailSuggestion {
  const [suggestion, setSuggestion] = useState<string | null>(null);
  const latest = useRef("");
  return {
    suggestion,
    look(typed) {
      latest.current = typed;
      import("@/domain/email-suggestion").then(
        ({ suggestEmail }) => {
          // Typed on in the meantime: that is another address.
          if (latest.current === typed) setSuggestion(suggestEmail(typed));
        },
        () => {},
      );
    },
    forget() {
      latest.current = "";
      setSuggestion(null);
    },
  };
}
