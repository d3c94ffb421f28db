// How long a worker has a delivery to itself. Pure.

/** On top of the conversation's own limit: rendering, and writing down how it ended. */
const LEASE_MARGIN_SECONDS = 15;

/** Seconds of a lease, from when it is taken and again from when the mail leaves. */
export const leaseSeconds = (emailTimeoutMs: number): number => emailTimeoutMs / 1000 + LEASE_MARGIN_SECONDS;
