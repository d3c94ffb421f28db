import type { ReactNode } from "react";

/** Paragraphs of a description, with what we use of Markdown in it: `code` and **words that matter**. */
export function Prose({ text, className = "" }: { text: string; className?: string }) {
  return text.split("\n\n").map((paragraph) => (
    <p key={paragraph} className={`mb-3 max-w-prose ${className}`}>
      <Inline text={paragraph} />
    </p>
  ));
}

/** The same in one line. */
export function Inline({ text }: { text: string }) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part, index): ReactNode => {
    // Parts of one text never change places.
    const key = `${index} ${part}`;
    if (part.startsWith("`")) return <Code key={key}>{part.slice(1, -1)}</Code>;
    if (part.startsWith("**")) return <strong key={key}>{part.slice(2, -2)}</strong>;
    return part;
  });
}

export function Code({ children }: { children: ReactNode }) {
  return <code className="font-mono text-small wrap-anywhere">{children}</code>;
}

/** Lines as they are; what is wider than the page goes on in the next line. */
export function Lines({ children }: { children: string }) {
  return (
    <pre className="mb-3 rounded-control border border-line bg-sunken p-3 font-mono text-small whitespace-pre-wrap wrap-anywhere">
      {children}
    </pre>
  );
}
