import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { currentVisitor } from "@/app/_auth/visitor";
import { readFlash } from "@/app/_http/flash";
import { RegisterForm } from "@/components/register-form";
import { Card } from "@/components/ui/card";
import { TextLink } from "@/components/ui/text-link";
import { services } from "@/services";

export const metadata: Metadata = { title: "Create your account · Latchkey" };
export const dynamic = "force-dynamic";

export default async function RegisterPage() {
  const [visitor, flash] = await Promise.all([currentVisitor(), readFlash("register")]);
  if (visitor?.scope === "full") redirect("/account");
  return (
    <>
      <Card>
        <h1 className="text-title font-semibold tracking-tight">Create your account</h1>
        <p className="mt-2 mb-6 text-fg-muted">Three fields, then a code from your mailbox.</p>
        <RegisterForm
          values={flash?.values ?? {}}
          refusal={flash?.problem ?? null}
          passwordMin={services().settings.passwordMin}
        />
      </Card>
      <p className="mt-3 flex items-center gap-1.5 text-fg-muted">
        Already registered? <TextLink href="/sign-in">Sign in</TextLink>
      </p>
    </>
  );
}
