import { buttonClass } from "./ui/button-class";

/** A form, so that no link or prefetch can sign anybody out. */
export function SignOutButton({ className = "" }: { className?: string }) {
  return (
    <form method="post" action="/sign-out">
      <button type="submit" className={buttonClass("secondary", className)}>
        Sign out
      </button>
    </form>
  );
}
