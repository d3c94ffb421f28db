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

describe("sending all failed ones anew, for operators", () => {
  test.each([
    [{ count: 1, isMore: "no" }, "1 mail was given up"],
    [{ count: 42, isMore: "no" }, "42 mails were given up"],
    [{ count: 1_000, isMore: "yes" }, "More than 1,000 mails were given up"],
  ])("says how many there are: %j", (values, beginning) => {
    expect(t("ask.failedText", values)).toMatch(new RegExp(`^${beginning} within the last 24 hours`));
  });
});
