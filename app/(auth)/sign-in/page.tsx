import { CircleCheck } from "lucide-react";
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { currentVisitor } from "@/app/_auth/visitor";
import { readFlash } from "@/app/_http/flash";
import { SignInForm } from "@/components/sign-in-form";
import { Card } from "@/components/ui/card";
import { TextLink } from "@/components/ui/text-link";

export const metadata: Metadata = { title: "Sign in · Latchkey" };
export const dynamic = "force-dynamic";

/** `?confirmed=1`: sent here by a confirm page whose address was confirmed on another device. */
export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<{ confirmed?: string }>;
}) {
  const [visitor, flash, { confirmed }] = await Promise.all([
    currentVisitor(),
    readFlash("sign-in"),
    searchParams,
  ]);
  if (visitor?.scope === "full") redirect("/account");
  return (
    <>
      <Card>
        <h1 className="text-title font-semibold tracking-tight">Sign in</h1>
        {confirmed ? (
          <p className="mt-4 mb-5 flex gap-2.5 rounded-control bg-done-bg px-3.5 py-2.5 text-done-fg">
            <CircleCheck aria-hidden="true" className="mt-0.5 size-4.5 shrink-0" />
            Your email address is confirmed. Sign in to go on here.
          </p>
        ) : (
          <p className="mt-2 mb-6 text-fg-muted">Good to see you again.</p>
        )}
        <SignInForm values={flash?.values ?? {}} refusal={flash?.problem ?? null} />
      </Card>
      <p className="mt-3 flex items-center gap-1.5 text-fg-muted">
        New here? <TextLink href="/register">Create an account</TextLink>
      </p>
    </>
  );
}
