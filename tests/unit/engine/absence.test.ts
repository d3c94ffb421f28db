import { expect, test } from "vitest";
import { ABSENCE_PATIENCE_MS, Absence } from "@/local/inngest/absence";

test("an app that is not up yet is no news; one that stays away is said once, and so is its return", () => {
  const absence = new Absence();
  expect(absence.note(false, 0)).toBe(null);
  expect(absence.note(false, ABSENCE_PATIENCE_MS - 1)).toBe(null);
  expect(absence.note(false, ABSENCE_PATIENCE_MS)).toBe("away");
  expect(absence.note(false, 10 * ABSENCE_PATIENCE_MS)).toBe(null);
  expect(absence.note(true, 10 * ABSENCE_PATIENCE_MS)).toBe("back");
  expect(absence.note(true, 11 * ABSENCE_PATIENCE_MS)).toBe(null);
});

test("a short absence is never said, and each one counts from its own beginning", () => {
  const absence = new Absence();
  for (let nowMs = 0; nowMs < 10 * ABSENCE_PATIENCE_MS; nowMs += ABSENCE_PATIENCE_MS) {
    expect(absence.note(false, nowMs)).toBe(null);
    expect(absence.note(false, nowMs + ABSENCE_PATIENCE_MS - 1)).toBe(null);
    expect(absence.note(true, nowMs + ABSENCE_PATIENCE_MS - 1)).toBe(null);
  }
});

test("an app that has to be built first may take longer to come, but not to come back", () => {
  const absence = new Absence(10 * ABSENCE_PATIENCE_MS);
  expect(absence.note(false, 0)).toBe(null);
  expect(absence.note(false, 9 * ABSENCE_PATIENCE_MS)).toBe(null);
  expect(absence.note(true, 9 * ABSENCE_PATIENCE_MS)).toBe(null);
  expect(absence.note(false, 20 * ABSENCE_PATIENCE_MS)).toBe(null);
  expect(absence.note(false, 21 * ABSENCE_PATIENCE_MS)).toBe("away");
});
