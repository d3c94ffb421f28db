import type { ReactNode } from "react";

export function TextLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a
      href={href}
      className="inline-flex min-h-11 items-center font-medium text-accent-fg underline decoration-1 underline-offset-3 hover:decoration-2"
    >
      {children}
    </a>
  );
}
