import type { ReactNode } from "react";

/**
 * Takes as much room as the largest of `texts` would need here, whatever it shows: nothing around it moves when that
 * changes. They are drawn by a style sheet and unseen (`room` in globals.css): nobody reads, finds or copies them.
 */
export function Room({
  texts,
  children,
  className = "",
}: {
  texts: readonly string[];
  children: ReactNode;
  className?: string;
}) {
  return (
    <span className={`grid grid-cols-1 *:[grid-area:1/1] ${className}`}>
      <span>{children}</span>
      {texts.map((text) => (
        <span key={text} aria-hidden="true" data-room={text} className="room" />
      ))}
    </span>
  );
}
