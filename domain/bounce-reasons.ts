// Why a mail came back that may get there another time. Their sentences are those of refusals (emails/failures.ts). Pure.

export const BOUNCE_REASONS = [
  "mailbox_full_for_now",
  "mailbox_busy",
  "message_too_large",
  "mail_refused",
] as const;
export type BounceReason = (typeof BOUNCE_REASONS)[number];
