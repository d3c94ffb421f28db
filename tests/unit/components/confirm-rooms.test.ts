import { describe, expect, test } from "vitest";
import { demoRoom, describeRooms } from "@/components/confirm-rooms";
import { makeJourneys } from "@/components/demo-journeys";
import { describeAttempt, describeStatus, describeStepRooms, describeSteps } from "@/components/timeline";
import type { Confirmation, DeliveryStatus } from "@/domain/confirmation-state";
import { FAILURE_CODES } from "@/emails/failures";
import { textsOf } from "@/messages/catalog";
import { LANGUAGES } from "@/messages/languages";
import { makeConfirmation, SERVER_TIME } from "../../support/confirmations";

const NOW_MS = Date.parse(SERVER_TIME);
const longest = (sentences: readonly string[]) => Math.max(...sentences.map((each) => each.length));

describe.each(LANGUAGES)("in %s", (language) => {
  const texts = textsOf(language);
  const told = (status: DeliveryStatus, rest: Partial<NonNullable<Confirmation["delivery"]>> = {}) =>
    makeConfirmation({ status, attempt: 5, ...rest });

  test("no failure is told in a longer sentence than the status line has room for", () => {
    const room = longest(describeRooms(texts).status);
    for (const status of ["retrying", "failed", "bounced"] as const)
      for (const code of FAILURE_CODES) {
        const confirmation = told(status, { reason: { code, message: "" } });
        expect(describeStatus(texts, confirmation, NOW_MS).sentence.length, code).toBeLessThanOrEqual(room);
      }
  });

  test("a wrong code is not told in a longer sentence than the note has room for", () => {
    const room = longest(describeRooms(texts).code);
    for (const triesLeft of [0, 1, 4])
      expect(texts.t("problems.sentence.wrong_code", { triesLeft }).length).toBeLessThanOrEqual(room);
  });

  test("every step has its room, with what stands beside it", () => {
    const rooms = describeStepRooms(texts);
    const attempts = [
      told("sending"),
      told("retrying", { next_attempt_at: new Date(NOW_MS + 900_000).toISOString() }),
      told("retrying", { next_attempt_at: SERVER_TIME }),
      told("failed"),
    ];
    for (const confirmation of [...attempts, told("cancelled"), told("bounced"), told("complained")]) {
      const attempt = confirmation.delivery && describeAttempt(texts, confirmation.delivery, NOW_MS);
      for (const { place, label, isCurrent } of describeSteps(texts, confirmation, NOW_MS)) {
        const fitting = rooms[place].filter((room) => room.label === label);
        expect(fitting, label).not.toHaveLength(0);
        if (isCurrent && attempt)
          expect(longest(fitting.map(({ side }) => side ?? ""))).toBeGreaterThanOrEqual(attempt.length);
      }
    }
  });

  test("the demo keeps room for what it tells, and no more", () => {
    const journeys = makeJourneys(SERVER_TIME);
    const sentences = journeys.flatMap(({ frames }) =>
      frames.map(
        ({ confirmation: each }) => describeStatus(texts, each, Date.parse(each.server_time)).sentence,
      ),
    );
    expect(longest(demoRoom(texts, journeys))).toBe(longest(sentences));
  });
});
