// Names of what the domain announces through the outbox. Data is ids only: the engine keeps it (promise P5).
export const USER_REGISTERED = "user/registered";
/** Another mail for a claim: a resend, or a delivery carried on after its run ended. */
export const DELIVERY_REQUESTED = "delivery/requested";
export const USER_CONFIRMED = "user/confirmed";
/** Of somebody whom others were told of: they have to forget them too. Nothing of ours is left but this. */
export const USER_ERASED = "user/erased";
/** A mail will not reach its person: given up, refused or sent back. */
export const DELIVERY_FAILED = "delivery/failed";
/** One event for one endpoint (webhooks.ts). */
export const WEBHOOK_REQUESTED = "webhook/requested";
