// docs/security.md says how many, how long and how large. A figure that is changed in one place is changed in both.
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { STREAMS_PER_PERSON } from "@/app/_http/open-streams";
import { BODY_BYTES_MAX } from "@/app/_http/request";
import { BODY_TIMEOUT_MS } from "@/app/_http/slow-bodies";
import type { RateWindow } from "@/db/rate-limits";
import { PASSWORD_MAX, PASSWORD_MIN } from "@/domain/account-rules";
import { ADDRESS_CHANGES_PER_CLAIM } from "@/domain/address-change";
import { BREACHED_ANSWER_MS } from "@/domain/breached-passwords";
import { OPEN_CLAIMS_PER_ADDRESS } from "@/domain/claim-policy";
import { GO_ON_SECONDS } from "@/domain/claim-sessions";
import {
  CODE_DIGITS,
  CODE_LIFETIME_SECONDS,
  TRIES_PER_CLAIM,
  TRIES_PER_CODE,
  WAIT_SECONDS,
} from "@/domain/confirmation-code";
import { LIMITS } from "@/domain/limits";
import { MAIL_STOP_SECONDS } from "@/domain/mail-stop";
import { OPERATOR_SESSION_SECONDS } from "@/domain/operator-access";
import { HASHES } from "@/domain/password";
import { CLAIM_LIFETIME_SECONDS } from "@/domain/registration";
import { RESEND_COOLDOWN_SECONDS, RESENDS_PER_DAY, RESENDS_PER_HOUR } from "@/domain/resend-policy";
import { ACCESS_TOKEN_SECONDS, SESSION_SECONDS } from "@/domain/tokens";
import { WEBHOOK_ANSWER_MS } from "@/domain/webhook-endpoints";

const ROOT = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(ROOT, file), "utf8");
const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;

const windows = (...pairs: [limit: number, seconds: number][]): RateWindow[] =>
  pairs.map(([limit, seconds]) => ({ limit, seconds }));

test.each<[words: string, actual: unknown, figure: unknown]>([
  ["two at once in a process, 500 waiting", [HASHES.atOnce, HASHES.waitingMax], [2, 500]],
  ["It ends 30 days after it began", SESSION_SECONDS, 30 * DAY],
  ["each once, within 15 minutes", GO_ON_SECONDS, 15 * MINUTE],
  ["thirty an hour for a session", LIMITS.refreshesPerSession.windows, windows([30, HOUR])],
  [
    "five times an hour and ten a day",
    LIMITS.passwordChangesPerAccount.windows,
    windows([5, HOUR], [10, DAY]),
  ],
  ["20 event streams per person and process", STREAMS_PER_PERSON, 20],
  ["five further mails an hour and ten a day", [RESENDS_PER_HOUR, RESENDS_PER_DAY], [5, 10]],
  ["15 minutes from acceptance", CODE_LIFETIME_SECONDS, 15 * MINUTE],
  ["six digits, stored as a keyed hash", CODE_DIGITS, 6],
  ["five a code, counted before they are judged; after twenty", [TRIES_PER_CODE, TRIES_PER_CLAIM], [5, 20]],
  ["fifty tries an hour for a name", LIMITS.repeatsPerName.windows, windows([50, HOUR])],
  ["stops mail to that address for 30 days", MAIL_STOP_SECONDS, 30 * DAY],
  ["16 KB for a body of the API", BODY_BYTES_MAX, 16 * 1024],
  ["10 s for it to arrive", BODY_TIMEOUT_MS, 10_000],
  ["five digits of a hash, padded answers, half a second", BREACHED_ANSWER_MS, 500],
  ["redirects not followed, ten seconds", WEBHOOK_ANSWER_MS, 10_000],
  ["each further one waits, from 30 s to an hour", WAIT_SECONDS, { first: 30, longest: HOUR }],
  ["`PASSWORD_MIN_LENGTH` (8 to 64) up to 256 characters", [PASSWORD_MIN, PASSWORD_MAX], [8, 256]],
  ["opens `/ops` for an hour", OPERATOR_SESSION_SECONDS, HOUR],
  [
    "five tries in 15 minutes from one network, fifty an hour from everywhere",
    [...LIMITS.signInsPerLoginAndNetwork.windows, ...LIMITS.signInsPerLogin.windows],
    windows([5, 15 * MINUTE], [50, HOUR]),
  ],
])("docs/security.md: %s", (words, actual, figure) => {
  expect(read("docs/security.md")).toContain(words);
  expect(actual).toEqual(figure);
});

test("the other figures that the product is built for are what they were decided to be", () => {
  expect({
    CLAIM_LIFETIME_SECONDS,
    ACCESS_TOKEN_SECONDS,
    OPEN_CLAIMS_PER_ADDRESS,
    ADDRESS_CHANGES_PER_CLAIM,
  }).toEqual({
    CLAIM_LIFETIME_SECONDS: DAY,
    ACCESS_TOKEN_SECONDS: 15 * MINUTE,
    OPEN_CLAIMS_PER_ADDRESS: 3,
    ADDRESS_CHANGES_PER_CLAIM: 3,
  });
  expect(RESEND_COOLDOWN_SECONDS).toEqual([60, 120, 300]);
  const all = Object.values(LIMITS).map((limit): [string, readonly RateWindow[]] => [
    limit.name,
    limit.windows,
  ]);
  expect(Object.fromEntries(all)).toEqual({
    "registrations-per-network": windows([20, HOUR]),
    "claims-per-address": windows([6, HOUR], [12, DAY]),
    "claims-per-address-and-network": windows([3, HOUR], [6, DAY]),
    "reserved-claims-per-address": windows([3, HOUR], [6, DAY]),
    "reserved-claims-per-address-and-network": windows([1, DAY]),
    "address-tries-per-claim": windows([20, HOUR]),
    "claims-per-domain": windows([100, HOUR]),
    "claims-per-domain-and-network": windows([25, HOUR]),
    "reserved-claims-per-domain": windows([50, HOUR]),
    "reserved-claims-per-domain-and-network": windows([1, HOUR]),
    "repeats-per-name": windows([50, HOUR]),
    "registrations-of-site": windows([100, 10]),
    "further-mails-of-site": windows([100, 10]),
    "dead-links-per-network": windows([30, 15 * MINUTE]),
    "mail-again-per-address": windows([5, DAY]),
    "refreshes-per-session": windows([30, HOUR]),
    "password-changes-per-account": windows([5, HOUR], [10, DAY]),
    "sign-ins-per-network": windows([60, 15 * MINUTE]),
    "sign-ins-per-login-and-network": windows([5, 15 * MINUTE]),
    "sign-ins-per-login": windows([50, HOUR]),
  });
});
