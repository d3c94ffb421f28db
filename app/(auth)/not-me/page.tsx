// Where "This wasn't me" leads. As on /confirm/link, what it is about stands behind the "#": looking changes nothing.
import type { Metadata } from "next";
import { NotMe } from "@/components/not-me";
import { Card } from "@/components/ui/card";

export const metadata: Metadata = { title: "This wasn’t me · Latchkey", referrer: "no-referrer" };
export const dynamic = "force-dynamic";

export default function NotMePage() {
  return (
    <Card>
      <NotMe />
      <noscript>
        <p className="mt-2 text-fg-muted">
          This link needs JavaScript, which this browser does not run. Nothing has to be done, though: without
          the code or the link from the mail, the registration ends by itself within a day.
        </p>
      </noscript>
    </Card>
  );
}
