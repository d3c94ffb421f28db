import { type ReactNode, useEffect, useRef } from "react";

/**
 * A page's heading. `isNews`: it came in the place of another one while somebody was reading. It takes the focus that
 * what was there before (the button that was pressed) took away with it: a screen reader says it, and goes on below it.
 */
export function Heading({ children, isNews = false }: { children: ReactNode; isNews?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Not from what has it still, such as the choice of a language.
    if (isNews && document.activeElement === document.body) heading.current?.focus();
  }, [isNews]);
  return (
    <h1
      ref={heading}
      tabIndex={isNews ? -1 : undefined}
      className="text-title font-semibold tracking-tight outline-none"
    >
      {children}
    </h1>
  );
}
