// Names of what the domain announces through the outbox. Data is ids only: the engine keeps it (promise P5).
export const USER_REGISTERED = "user/registered";
/** Another mail for a claim: a resend, or a delivery carried on after its run ended. */
export const DELIVERY_REQUESTED = "delivery/requested";
export const USER_CONFIRMED = "user/confirmed";
