// What the calls answer, as schemas: the description is made of them, and the tests hold every answer to them. Closed:
// a field that is not here is a field that was forgotten here.
import { z } from "zod";
import type { FieldProblem, Problem } from "@/app/_http/problem";
import {
  type Confirmation,
  DELIVERY_STATUSES,
  type DeliveryStatus,
  type LinkData,
  type NotMeData,
} from "@/domain/confirmation-state";
import type { SessionData } from "@/domain/session-data";
import type { TokenPair } from "@/domain/tokens";
import type { UserData } from "@/domain/user-data";

/** A schema for a type of ours, no wider and no narrower than it: a change of one breaks the build at the other. */
const describes =
  <Told>() =>
  <Schema extends z.ZodType<Told>>(schema: Told extends z.output<Schema> ? Schema : never): Schema =>
    schema;

const instant = () => z.iso.datetime();

export const DeliveryStatusSchema = describes<DeliveryStatus>()(
  z.enum(DELIVERY_STATUSES).meta({
    description:
      "Where a mail stands. `retrying` waits for `next_attempt_at`. `failed`, `bounced`, `complained`, `suppressed` and `cancelled` are ends; `sent` may still become `delivered`, `bounced` or `complained`.",
  }),
);

export const UserDataSchema = describes<UserData>()(
  z.strictObject({
    id: z.uuid(),
    username: z.string(),
    email: z.string().meta({ description: "In one spelling: lower case, NFKC, the domain in ASCII." }),
    email_confirmed: z.boolean(),
    created_at: instant(),
  }),
);

const tokens = {
  access_token: z.string().meta({ description: "A JWT for the header `Authorization`; lives 15 minutes." }),
  refresh_token: z.string().meta({ description: "Works once, for a new pair." }),
};

export const TokenPairSchema = describes<TokenPair>()(z.strictObject(tokens));
export const SignedInSchema = z.strictObject({ ...tokens, user_data: UserDataSchema });
export const ConfirmedSchema = z.strictObject({
  confirmed: z.literal(true),
  ...tokens,
  user_data: UserDataSchema,
});

export const ConfirmedByLinkSchema = z.strictObject({
  confirmed: z.literal(true),
  signed_in: z.boolean().meta({ description: "True with a token of that claim; then new tokens are here." }),
  access_token: tokens.access_token.exactOptional(),
  refresh_token: tokens.refresh_token.exactOptional(),
  user_data: UserDataSchema,
});

const EmailInfoSchema = z
  .union([
    z.strictObject({ email_queued: z.literal(true), message: z.string() }),
    z.strictObject({ email_sent: z.literal(true), email_queued: z.literal(false), message: z.string() }),
    z.strictObject({
      email_sent: z.literal(false),
      email_queued: z.literal(false),
      error: z.string(),
      can_resend: z.literal(true),
      will_retry: z.boolean().meta({ description: "Whether we go on trying by ourselves." }),
    }),
  ])
  .meta({
    description:
      "Queued; or sent within this request, because the queue is away; or neither, and why. Always English: a contract of the system this replaces.",
  });

export const RegistrationSchema = z.strictObject({
  ...tokens,
  user_data: UserDataSchema,
  email_confirmation_sent: z.boolean().meta({ description: "Queued or sent." }),
  message: z.string(),
  email_info: EmailInfoSchema,
  delivery: z.strictObject({
    id: z.uuid(),
    status: DeliveryStatusSchema,
    links: z.strictObject({
      confirmation: z.string(),
      events: z.string(),
      confirm: z.string(),
      resend: z.string(),
      change_email: z.string(),
    }),
  }),
});

export const ConfirmationSchema = describes<Confirmation>()(
  z.strictObject({
    confirmed: z.boolean(),
    email: z.string(),
    registered_at: instant(),
    delivery: z
      .strictObject({
        id: z.uuid(),
        status: DeliveryStatusSchema,
        attempt: z.int().min(0).meta({ description: "Attempts begun so far; 0 while nothing was tried." }),
        max_attempts: z.int().min(1),
        queued_at: instant(),
        next_attempt_at: instant().nullable().meta({ description: "Null when none is planned." }),
        sent_at: instant().nullable(),
        delivered_at: instant().nullable(),
        reason: z
          .strictObject({ code: z.string(), message: z.string() })
          .nullable()
          .meta({ description: "Why it stands where it stands, in the language of the request." }),
      })
      .nullable()
      .meta({ description: "The newest mail; null for accounts that never had one." }),
    code: z.strictObject({
      tries_left: z.int().min(0),
      next_try_at: instant()
        .nullable()
        .meta({ description: "When the next code is looked at; null when that is now." }),
      expires_at: instant()
        .nullable()
        .meta({ description: "Null until the provider took the mail: only then the time begins." }),
    }),
    resend: z.strictObject({
      allowed: z.boolean(),
      next_allowed_at: instant()
        .nullable()
        .meta({ description: "Null when it is allowed now, or never again." }),
      reason: z.enum(["cooldown", "limit", "already_confirmed"]).nullable(),
    }),
    email_changes_left: z.int().min(0),
    server_time: instant().meta({ description: "For counting down beside a wrong clock." }),
  }),
);

export const LinkDataSchema = describes<LinkData>()(
  z.strictObject({
    username: z.string(),
    email: z.string(),
    registered_at: instant(),
    device: z.string().nullable().meta({ description: "Browser and system of who registered, in words." }),
    is_yours: z.boolean().meta({ description: "Whoever asks holds this very claim." }),
  }),
);

export const NotMeDataSchema = describes<NotMeData>()(
  z.strictObject({
    email: z.string(),
    stopped_until: instant().nullable().meta({ description: "Until when nothing is sent there." }),
    registration: z
      .strictObject({ username: z.string(), registered_at: instant(), device: z.string().nullable() })
      .nullable()
      .meta({ description: "The claim, while it can still be ended." }),
  }),
);

const SessionSchema = describes<SessionData>()(
  z.strictObject({
    id: z.uuid(),
    device: z.string().nullable().meta({ description: "Browser and system in words." }),
    created_at: instant(),
    last_seen_at: instant().meta({ description: "To five minutes." }),
    expires_at: instant(),
    current: z.boolean().meta({ description: "The one that asks." }),
  }),
);

export const SessionListSchema = z.strictObject({ sessions: z.array(SessionSchema) });
export const RevokedSchema = z.strictObject({ revoked: z.int().min(0) });

export const HealthSchema = z.strictObject({ status: z.literal("ok") });

const breaker = () => z.enum(["closed", "open", "half_open"]);

export const ReadinessSchema = z.strictObject({
  status: z.enum(["ready", "not_ready", "stopping"]),
  database: z.enum(["ok", "away"]),
  engine_breaker: breaker().meta({
    description: "Anything but `closed`: mails are sent inside requests meanwhile.",
  }),
  mail_provider_breaker: breaker().nullable().meta({ description: "Null without a second provider." }),
});

const FieldProblemSchema = describes<FieldProblem>()(
  z.strictObject({
    field: z.string(),
    code: z
      .string()
      .meta({ description: "Stable, for machines: `required`, `too_short`, `invalid_email`, …" }),
    detail: z.string(),
  }),
);

/** ALTCHA's own business. */
const proof: z.ZodType<object> = z.looseObject({
  parameters: z.record(z.string(), z.unknown()),
  signature: z.string(),
});

export const ProblemSchema = describes<Problem>()(
  z
    .strictObject({
      type: z.string(),
      title: z.string(),
      status: z.int(),
      code: z.string().meta({ description: "Stable, for machines." }),
      detail: z.string().meta({ description: "A sentence for people, in the language of the request." }),
      errors: z.array(FieldProblemSchema).exactOptional(),
      next_allowed_at: instant()
        .exactOptional()
        .meta({ description: "With every 429, and 503: when the same request will be accepted." }),
      tries_left: z.int().min(0).exactOptional(),
      is_yours: z.literal(true).exactOptional().meta({
        description: "With `already_confirmed` of a link: the caller is signed in to that very account.",
      }),
      proof: proof.exactOptional().meta({
        description:
          "With `proof_required`: an ALTCHA challenge (v2). Its solution goes with the same request, as `proof`.",
      }),
    })
    .meta({ description: "RFC 9457." }),
);

/** The schemas that the description names. */
export const COMPONENTS = {
  Confirmation: ConfirmationSchema,
  Confirmed: ConfirmedSchema,
  ConfirmedByLink: ConfirmedByLinkSchema,
  DeliveryStatus: DeliveryStatusSchema,
  FieldProblem: FieldProblemSchema,
  Health: HealthSchema,
  LinkData: LinkDataSchema,
  NotMeData: NotMeDataSchema,
  Problem: ProblemSchema,
  Readiness: ReadinessSchema,
  Registration: RegistrationSchema,
  Revoked: RevokedSchema,
  Session: SessionSchema,
  SessionList: SessionListSchema,
  SignedIn: SignedInSchema,
  TokenPair: TokenPairSchema,
  UserData: UserDataSchema,
} as const;
export type ComponentName = keyof typeof COMPONENTS;
