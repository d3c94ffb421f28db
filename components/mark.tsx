/** Our mark: a latchkey that reads as an L. Decorative; the name stands beside it. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={className ?? "size-7"}>
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <g
        fill="none"
        strokeWidth="2.75"
        strokeLinecap="round"
        strokeLinejoin="round"
        className="stroke-on-accent"
      >
        <circle cx="13" cy="10" r="4" />
        <path d="M13 14v10.5h7.5M13 19.25h4.75" />
      </g>
    </svg>
  );
}
