import { describe, expect, test } from "vitest";
import { makeJourneys } from "@/components/demo-journeys";
import { describeStatus } from "@/components/timeline";
import { canMove } from "@/domain/delivery-status";
import { textsOf } from "@/messages/catalog";

const journeys = makeJourneys("2026-11-24T10:00:00.000Z");

describe("the front page's demo", () => {
  test.each(journeys.map((journey) => [journey.key, journey] as const))(
    "tells only what can happen: %s",
    (_, { frames }) => {
      const statuses = frames.map(({ confirmation }) => confirmation.delivery?.status);
      for (const [index, status] of statuses.entries()) {
        const next = statuses[index + 1];
        if (status && next) expect(canMove(status, next), `${status} → ${next}`).toBe(true);
      }
    },
  );

  test("waits as long as the product does before trying again: one minute, then two", () => {
    const waits = journeys
      .flatMap(({ frames }) => frames)
      .filter(({ confirmation }) => confirmation.delivery?.status === "retrying")
      .map(({ passesMs }) => passesMs / 1000);
    expect(waits).toEqual([60, 120]);
  });

  test("never shows a slow queue by accident", () => {
    for (const { confirmation } of journeys.flatMap(({ frames }) => frames))
      expect(
        describeStatus(textsOf("en"), confirmation, Date.parse(confirmation.server_time)).headline,
      ).not.toBe("Delayed");
  });
});
