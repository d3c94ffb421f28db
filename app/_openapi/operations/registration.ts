// Registering and confirming by code.
import { AboutMailFields, ChangeEmailFields, CodeFields, registerFields } from "@/app/_http/schemas";
import type { Operation } from "../operation";
import { ANY_BODY, ANY_CALL, FROM_ELSEWHERE, fieldSentenceOf, NO_TOKEN, wrongFields } from "../problems";
import { ADA, ADA_CLAIM, CONFIRMATION, DELIVERY_ID, OTHER_DELIVERY_ID, QUEUED_AT, TOKENS } from "./people";

const LINKS = {
  confirmation: "/api/v1/usr/confirmation",
  events: "/api/v1/usr/confirmation/events",
  confirm: "/api/v1/usr/confirm-email",
  resend: "/api/v1/usr/resend-confirmation",
  change_email: "/api/v1/usr/change-email",
};

const CHECK_YOUR_EMAIL = "Registration successful! Please check your email for confirmation code.";

/** Resending and changing the address answer with the state of the new mail. */
const QUEUED_ANEW = {
  ...CONFIRMATION,
  resend: { allowed: false, next_allowed_at: "2026-11-24T10:02:30.000Z", reason: "cooldown" },
  server_time: "2026-11-24T10:00:30.000Z",
} as const;

export const REGISTRATION: readonly Operation[] = [
  {
    id: "register",
    method: "post",
    path: "/api/v1/usr/register",
    tag: "Registration",
    summary: "Register",
    description:
      "Makes a claim on an address and queues the mail with its code. The answer does not wait for the mail, and is 201 whatever becomes of it; `delivery.links` leads to its state.\n\nAn address that has an account already gets the same answer, and its owner another mail: nobody learns who has an account.\n\nSent again as it was, because its answer was lost, it is answered with the claim that is there: no second mail, and new tokens beside the first ones.",
    access: "anybody",
    takes: ({ passwordMin }) => registerFields(passwordMin),
    answers: [
      {
        status: 201,
        means:
          "Registered. The tokens open the calls of the claim, until it is confirmed or a day has passed.",
        schema: "Registration",
        headers: ["Location"],
        examples: [
          {
            name: "queued",
            sends: ADA,
            answer: {
              ...TOKENS,
              user_data: ADA_CLAIM,
              email_confirmation_sent: true,
              message: CHECK_YOUR_EMAIL,
              email_info: {
                email_queued: true,
                message: "Email confirmation is being sent in the background",
              },
              delivery: { id: DELIVERY_ID, status: "queued", links: LINKS },
            },
          },
          {
            name: "sent_at_once",
            sends: ADA,
            answer: {
              ...TOKENS,
              user_data: ADA_CLAIM,
              email_confirmation_sent: true,
              message: CHECK_YOUR_EMAIL,
              email_info: {
                email_sent: true,
                email_queued: false,
                message: "Email confirmation was sent",
              },
              delivery: { id: DELIVERY_ID, status: "sent", links: LINKS },
            },
          },
          {
            name: "not_sent_yet",
            sends: ADA,
            answer: {
              ...TOKENS,
              user_data: ADA_CLAIM,
              email_confirmation_sent: false,
              message:
                "Registration successful! We could not send the confirmation email yet. You can ask for a new code.",
              email_info: {
                email_sent: false,
                email_queued: false,
                error: "Failed to queue email: Connection refused",
                can_resend: true,
                will_retry: true,
              },
              delivery: { id: DELIVERY_ID, status: "retrying", links: LINKS },
            },
          },
        ],
      },
    ],
    refusals: [
      ...ANY_CALL,
      ...ANY_BODY,
      wrongFields(
        { username: "ab", email: "ada", password: "12345678" },
        {
          field: "username",
          code: "too_short",
          detail: fieldSentenceOf("too_short", { min: 3 }),
        },
        { field: "email", code: "invalid_email", detail: fieldSentenceOf("invalid_email") },
      ),
      {
        code: "username_taken",
        sends: ADA,
        more: {
          errors: [{ field: "username", code: "username_taken", detail: fieldSentenceOf("username_taken") }],
        },
      },
      {
        code: "proof_required",
        sends: ADA,
        more: {
          proof: {
            parameters: { algorithm: "PBKDF2/SHA-256", cost: 5000, nonce: "…", salt: "…" },
            signature: "…",
          },
        },
      },
      { code: "registration_limit" },
      { code: "address_limit" },
      { code: "domain_limit" },
      { code: "site_limit" },
      { code: "busy" },
    ],
  },
  {
    id: "readConfirmation",
    method: "get",
    path: "/api/v1/usr/confirmation",
    tag: "Registration",
    summary: "Where the confirmation stands",
    description: "The state of the newest mail, of the code and of the next resend.",
    access: "claim",
    answers: [
      {
        status: 200,
        means: "The state now.",
        schema: "Confirmation",
        hasSentences: true,
        examples: [{ name: "waiting", answer: CONFIRMATION }],
      },
    ],
    refusals: [...ANY_CALL, ...NO_TOKEN],
  },
  {
    id: "watchConfirmation",
    method: "get",
    path: "/api/v1/usr/confirmation/events",
    tag: "Registration",
    summary: "The same, as it changes",
    description:
      "Server-Sent Events: one `confirmation` at once and one for each change, its data as in the call above. Comments keep the line open; after ten minutes it ends, and a client comes back.",
    access: "claim",
    answers: [
      {
        status: 200,
        means: "A stream that stays open.",
        schema: "Confirmation",
        isStream: true,
        hasSentences: true,
        examples: [
          {
            name: "stream",
            answer: `retry: 1000\n\nid: 1\nevent: confirmation\ndata: ${JSON.stringify(CONFIRMATION)}\n\n`,
          },
        ],
      },
    ],
    refusals: [...ANY_CALL, ...NO_TOKEN],
  },
  {
    id: "confirmEmail",
    method: "post",
    path: "/api/v1/usr/confirm-email",
    tag: "Registration",
    summary: "Confirm with the code",
    description:
      "Five tries a code; after twenty wrong ones of a claim, one after each wait. The token that is sent ends; the answer has new ones. Where that answer was lost, the same token and code bring such tokens again for a quarter of an hour, until one of them is used. Other tokens of the claim may be exchanged for such, as after a link.",
    access: "claim",
    takes: () => CodeFields,
    answers: [
      {
        status: 200,
        means: "Confirmed and signed in.",
        schema: "Confirmed",
        examples: [
          {
            name: "right_code",
            sends: { code: "042137" },
            answer: { confirmed: true, ...TOKENS, user_data: { ...ADA_CLAIM, email_confirmed: true } },
          },
        ],
      },
    ],
    refusals: [
      ...ANY_CALL,
      ...ANY_BODY,
      ...NO_TOKEN,
      ...FROM_ELSEWHERE,
      wrongFields(
        { code: "04213" },
        { field: "code", code: "six_digits", detail: fieldSentenceOf("six_digits") },
      ),
      { code: "wrong_code", sends: { code: "000000" }, more: { tries_left: 4 } },
      { code: "code_expired", sends: { code: "042137" } },
      { code: "too_many_tries", sends: { code: "042137" }, more: { tries_left: 0 } },
      { code: "already_confirmed", sends: { code: "042137" } },
      { code: "other_registration", sends: { code: "042137", delivery_id: OTHER_DELIVERY_ID } },
    ],
  },
  {
    id: "resendConfirmation",
    method: "post",
    path: "/api/v1/usr/resend-confirmation",
    tag: "Registration",
    summary: "Ask for another code",
    description:
      "Queues another mail; the code before stays valid. After 60, 120, then every 300 seconds; five times an hour and ten times a day for one address.",
    access: "claim",
    takes: () => AboutMailFields,
    isBodyOptional: true,
    answers: [
      {
        status: 202,
        means: "Queued.",
        schema: "Confirmation",
        hasSentences: true,
        examples: [{ name: "queued", sends: { delivery_id: DELIVERY_ID }, answer: QUEUED_ANEW }],
      },
    ],
    refusals: [
      ...ANY_CALL,
      ...ANY_BODY,
      ...NO_TOKEN,
      ...FROM_ELSEWHERE,
      { code: "resend_cooldown" },
      { code: "resend_limit" },
      { code: "site_limit" },
      wrongFields(
        { delivery_id: "the newest one" },
        { field: "delivery_id", code: "invalid", detail: fieldSentenceOf("delivery_id_invalid") },
      ),
      { code: "already_confirmed" },
      { code: "other_registration", sends: { delivery_id: OTHER_DELIVERY_ID } },
    ],
  },
  {
    id: "changeEmail",
    method: "post",
    path: "/api/v1/usr/change-email",
    tag: "Registration",
    summary: "Mend a mistyped address",
    description: "Moves the claim to another address and sends a code there. Three times before confirming.",
    access: "claim",
    takes: () => ChangeEmailFields,
    answers: [
      {
        status: 202,
        means: "Moved, and queued.",
        schema: "Confirmation",
        hasSentences: true,
        examples: [
          {
            name: "moved",
            sends: { email: "ada@example.org" },
            answer: { ...QUEUED_ANEW, email: "ada@example.org", email_changes_left: 2 },
          },
        ],
      },
    ],
    refusals: [
      ...ANY_CALL,
      ...ANY_BODY,
      ...NO_TOKEN,
      ...FROM_ELSEWHERE,
      wrongFields(
        { email: ADA.email },
        { field: "email", code: "same_address", detail: fieldSentenceOf("same_address") },
      ),
      { code: "change_limit", sends: { email: "ada@example.org" }, more: { next_allowed_at: QUEUED_AT } },
      { code: "address_limit" },
      { code: "domain_limit" },
      { code: "site_limit" },
      { code: "already_confirmed", sends: { email: "ada@example.org" } },
      {
        code: "other_registration",
        sends: { email: "ada@example.org", delivery_id: OTHER_DELIVERY_ID },
      },
    ],
  },
];
