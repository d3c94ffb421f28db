import { describe, expect, test } from "vitest";
import { operatorTexts } from "@/messages/operators";

const { t } = operatorTexts();

describe("where a mail that is tried again stands, for operators", () => {
  test.each([
    [{ attempt: 0, isDue: "no", seconds: 1 }, "The first of 6 attempts is due in 1 second. The last answer:"],
    [{ attempt: 0, isDue: "yes", seconds: 0 }, "The first of 6 attempts is due now. The last answer:"],
    [
      { attempt: 2, isDue: "no", seconds: 58 },
      "After attempt 2 of 6 the next one is due in 58 seconds. The last answer:",
    ],
    [
      { attempt: 5, isDue: "yes", seconds: 0 },
      "After attempt 5 of 6 the next one is due now. The last answer:",
    ],
  ])("%j", (values, sentence) => {
    expect(t("summary.retrying", { max: 6, ...values })).toBe(sentence);
  });
});
