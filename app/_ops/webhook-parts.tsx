// How a webhook and its attempts look, in the list and on a page of its own.
import "server-only";
import type { WebhookStatus } from "@/db/schema-outside";
import type { WebhookReason } from "@/domain/webhooks";
import { operatorTexts } from "@/messages/operators";

const TONE: Record<WebhookStatus, string> = {
  waiting: "bg-waiting-bg text-waiting-fg",
  delivered: "bg-done-bg text-done-fg",
  failed: "bg-bad-bg text-bad-fg",
};

export function WebhookBadge({ status }: { status: WebhookStatus }) {
  return (
    <span className={`inline-block rounded-control px-2 py-0.5 text-small font-medium ${TONE[status]}`}>
      {operatorTexts().t(`hookStatus.${status}`)}
    </span>
  );
}

/** What an attempt came to, in words; empty while nothing has. */
export function webhookEnd({
  httpStatus,
  reason,
}: {
  httpStatus: number | null;
  reason: WebhookReason | null;
}): string {
  const { t } = operatorTexts();
  return [
    httpStatus === null ? null : t("hooks.answered", { status: String(httpStatus) }),
    reason && t(`hookReason.${reason}`),
  ]
    .filter(Boolean)
    .join(": ");
}
