// How a webhook and its attempts look, in the list and on a page of its own.
import "server-only";
import { Badge, type Tone } from "@/components/operators/badge";
import type { WebhookStatus } from "@/db/schema-outside";
import type { WebhookReason } from "@/domain/webhooks";
import { operatorTexts } from "@/messages/operators";

const TONE: Record<WebhookStatus, Tone> = {
  waiting: "waiting",
  delivered: "done",
  failed: "bad",
};

export function WebhookBadge({ status }: { status: WebhookStatus }) {
  return <Badge tone={TONE[status]} text={operatorTexts().t(`hookStatus.${status}`)} />;
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
