// The longest sentences that can stand at a place of the confirm page, in the page's language: their room is kept in
// every state. For the server, which has all texts; the browser has those of its page alone. Pure.
import { type Confirmation, DELIVERY_STATUSES, type DeliveryStatus } from "@/domain/confirmation-state";
import problems from "@/messages/en/problems.json";
import type { Language } from "@/messages/languages";
import type { Texts } from "@/messages/texts";
import type { Journey } from "./demo-journeys";
import { describeStatus } from "./timeline";

export type ConfirmRooms = {
  /** What can stand in the status line. */
  status: readonly string[];
  /** What can stand below the code field: the hints, and what the API answers to a code. */
  code: readonly string[];
};

/** Which of two long lines breaks into more lines depends on their words: so more than one is kept. */
const LONGEST = 4;

const known = new Map<Language, ConfirmRooms>();

/** Worked out once per language and process. */
export function describeRooms(texts: Texts): ConfirmRooms {
  const rooms = known.get(texts.language) ?? { status: statusRoom(texts), code: codeRoom(texts) };
  known.set(texts.language, rooms);
  return rooms;
}

/** What can stand in the status line of the demo. */
export function demoRoom(texts: Texts, journeys: readonly Journey[]): string[] {
  const told = journeys.flatMap(({ frames }) => frames.map(({ confirmation }) => confirmation));
  return longestOf(told.map((each) => describeStatus(texts, each, Date.parse(each.server_time)).sentence));
}

function statusRoom(texts: Texts): string[] {
  const codes = Object.keys(problems.reason);
  const sentences = DELIVERY_STATUSES.flatMap((status) =>
    codes.map((code) => describeStatus(texts, stateOf(status, code), 0).sentence),
  );
  return longestOf([
    ...sentences,
    texts.t("timeline.sentence.none"),
    texts.t("timeline.sentence.queueSlow"),
    texts.t("timeline.sentence.codeOver"),
  ]);
}

function codeRoom({ t, rich }: Texts): string[] {
  const at = { time: () => "00:00" };
  return longestOf([
    t("confirm.codeWaiting"),
    t("confirm.codeUnsent"),
    rich<string>("confirm.codeWorks", at).join(""),
    t("confirm.codeExpired"),
    t("confirm.codeNoTries"),
    rich<string>("confirm.codeWait", { time: () => "00:00:00" }).join(""),
    ...[0, 1, 4].map((triesLeft) => t("problems.sentence.wrong_code", { triesLeft })),
    t("problems.sentence.code_expired"),
    t("problems.sentence.other_registration"),
    t("problems.sentence.too_many_tries"),
    t("problems.sentence.too_many_tries_wait"),
  ]);
}

function stateOf(status: DeliveryStatus, code: string): Confirmation {
  const instant = new Date(0).toISOString();
  return {
    confirmed: false,
    email: "",
    registered_at: instant,
    delivery: {
      id: "",
      status,
      attempt: 5,
      max_attempts: 6,
      queued_at: instant,
      next_attempt_at: null,
      sent_at: null,
      delivered_at: null,
      reason: { code, message: "" },
    },
    code: { tries_left: 5, next_try_at: null, expires_at: null },
    resend: { allowed: true, next_allowed_at: null, reason: null },
    email_changes_left: 0,
    server_time: instant,
  };
}

const longestOf = (sentences: readonly string[]): string[] =>
  [...new Set(sentences)].sort((one, other) => other.length - one.length).slice(0, LONGEST);
