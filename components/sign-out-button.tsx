import { buttonClass } from "./ui/button-class";

/** A form, so that no link or prefetch can sign anybody out. `isForSignIn`: somebody else signs in next. */
export function SignOutButton({
  label,
  className = "",
  isForSignIn = false,
}: {
  label: string;
  className?: string;
  isForSignIn?: boolean;
}) {
  return (
    <form method="post" action={isForSignIn ? "/sign-out?then=sign-in" : "/sign-out"}>
      <button type="submit" className={buttonClass("secondary", className)}>
        {label}
      </button>
    </form>
  );
}
