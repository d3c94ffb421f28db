// How a button looks, for <button> and for a link that stands in a button's place.

export type ButtonLook = "primary" | "secondary" | "quiet" | "danger";

const SHARED =
  "pressable relative inline-flex min-h-11 items-center justify-center gap-2 rounded-control px-4 text-body font-medium transition-colors duration-150";

const LOOKS: Record<ButtonLook, string> = {
  // An edge that only forced colours show.
  primary:
    "border border-transparent bg-accent text-on-accent shadow-near hover:bg-accent-strong active:bg-accent-strong aria-disabled:hover:bg-accent",
  secondary: "border border-line-strong bg-surface text-fg hover:bg-sunken aria-disabled:hover:bg-surface",
  danger: "border border-line-strong bg-surface text-bad-fg hover:bg-bad-bg aria-disabled:hover:bg-surface",
  quiet: "text-fg-muted hover:text-fg hover:bg-sunken px-3",
};

export function buttonClass(look: ButtonLook, more = ""): string {
  return `${SHARED} ${LOOKS[look]} ${more}`;
}
