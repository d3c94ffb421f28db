// The icons of the first page's fields. Drawn here, because the icon package brings 1 kB of machinery with its first
// icon, and this page has none to give (docs/decisions/012).
import type { ReactNode } from "react";

type IconProps = { className: string };

function Icon({ className, children }: IconProps & { children: ReactNode }) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={2}
      strokeLinecap="round"
      strokeLinejoin="round"
      className={className}
    >
      {children}
    </svg>
  );
}

const EYE = "M2 12c4-9 16-9 20 0-4 9-16 9-20 0Z";

export function EyeIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <path d={EYE} />
      <circle cx={12} cy={12} r={3} />
    </Icon>
  );
}

/** An eye struck through. */
export function EyeOffIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <path d={EYE} />
      <path d="M4 20 20 4" />
    </Icon>
  );
}

/** An exclamation mark in a circle. */
export function AlertIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <circle cx={12} cy={12} r={10} />
      <path d="M12 7.5v5M12 16.3v.1" />
    </Icon>
  );
}
