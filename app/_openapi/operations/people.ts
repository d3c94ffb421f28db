// The person of all examples.
import type { Confirmation } from "@/domain/confirmation-state";
import type { TokenPair } from "@/domain/tokens";
import type { UserData } from "@/domain/user-data";

export const ADA = {
  username: "ada.lovelace",
  email: "ada@example.com",
  password: "correct horse battery",
};
export const DELIVERY_ID = "4f8a2c36-9d55-4c0a-8f5d-0e0c6b7d9a11";
/** Of another registration than the one whose token is sent. */
export const OTHER_DELIVERY_ID = "9b1d7e52-0c3f-4f6e-8a27-5d2f7c8e6b44";
/** Of another account than the one whose token is sent. */
export const OTHER_USER_ID = "c4a1e9d0-6b2f-4d83-9e57-1a0b3c5d7f92";
export const QUEUED_AT = "2026-11-24T10:00:00.000Z";

export const ADA_CLAIM: UserData = {
  id: "0b8f8f1e-7a43-4d5e-9a3b-1f4f3c1a2b3c",
  username: ADA.username,
  email: ADA.email,
  email_confirmed: false,
  created_at: QUEUED_AT,
};
export const ADA_ACCOUNT: UserData = { ...ADA_CLAIM, email_confirmed: true };

export const TOKENS: TokenPair = {
  access_token: "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIwYjhmOGYxZSJ9.c2lnbmF0dXJl",
  refresh_token: "Zm9yIHRoZSBleGFtcGxlLCBub3QgZm9yIHlvdXIgdXNl",
};

/** Registered half a minute ago. */
export const CONFIRMATION: Confirmation = {
  confirmed: false,
  email: ADA.email,
  registered_at: QUEUED_AT,
  delivery: {
    id: DELIVERY_ID,
    status: "queued",
    attempt: 0,
    max_attempts: 6,
    queued_at: QUEUED_AT,
    next_attempt_at: "2026-11-24T10:00:02.000Z",
    sent_at: null,
    delivered_at: null,
    reason: null,
  },
  code: { tries_left: 5, next_try_at: null, expires_at: null },
  resend: { allowed: false, next_allowed_at: "2026-11-24T10:01:00.000Z", reason: "cooldown" },
  email_changes_left: 3,
  server_time: "2026-11-24T10:00:00.500Z",
};
