import { expect, test } from "vitest";
import { SLOW_MS, TAGS, tagEffects } from "../../../local/mail/tags";

test.each([
  ["ada@example.com", []],
  ["ada+slow@example.com", [{ kind: "slow", delayMs: SLOW_MS }]],
  ["ada+retry1@example.com", [{ kind: "retry", times: 1 }]],
  ["ada+retry9@example.com", [{ kind: "retry", times: 9 }]],
  ["ADA+Fail@Example.COM", [{ kind: "fail" }]],
  ["ada+refuse@example.com", [{ kind: "refuse" }]],
  ["ada+hang@example.com", [{ kind: "hang" }]],
  ["ada+drop@example.com", [{ kind: "drop" }]],
  ["ada+greylist@example.com", [{ kind: "greylist" }]],
  ["ada+bounce@example.com", [{ kind: "outcome", outcome: "bounced" }]],
  ["ada+softbounce@example.com", [{ kind: "outcome", outcome: "soft_bounced" }]],
  ["ada+delay@example.com", [{ kind: "outcome", outcome: "delivery_delayed" }]],
  ["ada+complain@example.com", [{ kind: "outcome", outcome: "complained" }]],
  ["ada+suppress@example.com", [{ kind: "outcome", outcome: "suppressed" }]],
  ["ada+undelivered@example.com", [{ kind: "outcome", outcome: "failed" }]],
  [
    "ada+news+retry2+bounce@example.com",
    [
      { kind: "retry", times: 2 },
      { kind: "outcome", outcome: "bounced" },
    ],
  ],
  ["bounced+order7@resend.dev", [{ kind: "outcome", outcome: "bounced" }]],
  ["complained@resend.dev", [{ kind: "outcome", outcome: "complained" }]],
])("%s asks for %j", (address, effects) => {
  expect(tagEffects(address)).toEqual(effects);
});

test.each([
  "ada+retry0@example.com",
  "ada+retry10@example.com",
  "ada+retry@example.com",
  "ada+slowly@example.com",
  "slow@example.com",
  "ada@slow+fail.example.com",
  "ada+@example.com",
  "someone@resend.dev",
  "constructor@resend.dev",
  "no address at all",
  "",
])("%j asks for nothing", (address) => {
  expect(tagEffects(address)).toEqual([]);
});

test("every tag of the table means something, and only one thing", () => {
  for (const { name } of TAGS) {
    const written = name.replace("N", "3");
    expect(TAGS.filter(({ pattern }) => pattern.test(written)).map((tag) => tag.name)).toEqual([name]);
  }
});
