import type { Metadata } from "next";
import Link from "next/link";
import { NoticePage } from "@/components/notice-page";
import { buttonClass } from "@/components/ui/button-class";

export const metadata: Metadata = { title: "Page not found" };

export default function NotFound() {
  return (
    <NoticePage
      title="This key opens nothing"
      actions={
        <>
          <Link href="/" prefetch={false} className={buttonClass("primary")}>
            To the front page
          </Link>
          <Link href="/sign-in" prefetch={false} className={buttonClass("secondary")}>
            Sign in
          </Link>
        </>
      }
    >
      <p>There is no page at this address. The link may be old, or a letter may be missing.</p>
    </NoticePage>
  );
}
