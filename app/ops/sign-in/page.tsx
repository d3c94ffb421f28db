import { redirect } from "next/navigation";
import { readFlash } from "@/app/_http/flash";
import type { Problem } from "@/app/_http/problem";
import { isOperatorHere } from "@/app/_ops/operator";
import { Instant } from "@/components/operators/instant";
import { SiteHeader } from "@/components/site-header";
import { Alert } from "@/components/ui/alert";
import { buttonClass } from "@/components/ui/button-class";
import { Card } from "@/components/ui/card";
import { Field } from "@/components/ui/field";
import { operatorTexts } from "@/messages/operators";

export const dynamic = "force-dynamic";

/** Operators have no name, so what people read about theirs is not said here. */
function Refusal({ problem }: { problem: Problem }) {
  const { t } = operatorTexts();
  if (problem.code === "bad_credentials") return t("signIn.wrong");
  if (problem.code !== "sign_in_limit" || !problem.next_allowed_at) return problem.detail;
  return (
    <>
      {t("signIn.limit")} <Instant at={new Date(problem.next_allowed_at)} />
    </>
  );
}

export default async function OperatorSignInPage() {
  const [isHere, flash] = await Promise.all([isOperatorHere(), readFlash("operator")]);
  if (isHere) redirect("/ops");
  const { t } = operatorTexts();
  const problem = flash?.problem;
  return (
    <>
      <title>{t("page.title", { page: t("signIn.button") })}</title>
      <SiteHeader />
      <main className="flex flex-1 flex-col items-center px-0 pt-2 pb-12 sm:px-6 sm:pt-[6vh]">
        <Card>
          <h1 className="text-title font-semibold tracking-tight">{t("signIn.title")}</h1>
          <p className="mt-2 mb-6 text-fg-muted">{t("signIn.text")}</p>
          {problem ? (
            <div className="mb-5">
              <Alert>
                <Refusal problem={problem} />
              </Alert>
            </div>
          ) : null}
          <form method="post" action="/api/ops/sign-in">
            <Field
              label={t("signIn.password")}
              name="password"
              type="password"
              autoComplete="current-password"
              required
              error={null}
            />
            <button type="submit" className={buttonClass("primary", "w-full")}>
              {t("signIn.button")}
            </button>
          </form>
        </Card>
      </main>
    </>
  );
}
