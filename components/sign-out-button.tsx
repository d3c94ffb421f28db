import { buttonClass } from "./ui/button-class";

/** A form, so that no link or prefetch can sign anybody out. */
export function SignOutButton({ label, className = "" }: { label: string; className?: string }) {
  return (
    <form method="post" action="/sign-out">
      <button type="submit" className={buttonClass("secondary", className)}>
        {label}
      </button>
    </form>
  );
}
