import type { Metadata } from "next";
import { NoticePage } from "@/components/notice-page";
import { buttonClass } from "@/components/ui/button-class";

export const metadata: Metadata = { title: "Page not found · Latchkey" };

export default function NotFound() {
  return (
    <NoticePage
      title="This key opens nothing"
      actions={
        <>
          <a href="/" className={buttonClass("primary")}>
            To the front page
          </a>
          <a href="/sign-in" className={buttonClass("secondary")}>
            Sign in
          </a>
        </>
      }
    >
      <p>There is no page at this address. The link may be old, or a letter may be missing.</p>
    </NoticePage>
  );
}
