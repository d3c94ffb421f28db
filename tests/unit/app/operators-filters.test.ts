// What stands in the addresses of the operators' lists.
import { expect, test } from "vitest";
import { readAuditFilter } from "@/app/_ops/audit-filter";
import { readFilter } from "@/app/_ops/filter";
import { readWebhookFilter, webhooksLocation } from "@/app/_ops/webhook-filter";

const now = new Date("2026-03-01T12:00:00Z");

test.each([
  [{}, { status: undefined, isUnread: false }],
  [{ status: "" }, { status: undefined, isUnread: false }],
  [{ status: "failed" }, { status: "failed", isUnread: false }],
  [{ status: "bogus" }, { status: undefined, isUnread: true }],
  [{ status: ["failed", "waiting"] }, { status: undefined, isUnread: true }],
])("of webhooks, a state that is none is left out and told: %j", (given, read) => {
  expect(readWebhookFilter(given)).toEqual(read);
});

test("of mails and of the trail, each part that is none is left out and told", () => {
  const bogus = { status: "bogus", within: "1y", to: "nobody", type: "bogus", actor: "x", user: "ada" };
  expect(readFilter(bogus, now)).toMatchObject({ filter: {}, unread: ["status", "within", "to"] });
  expect(readAuditFilter(bogus, now)).toMatchObject({
    filter: {},
    unread: ["type", "actor", "within", "user"],
  });
});

test("the list of webhooks is found again by what was understood", () => {
  expect(webhooksLocation()).toBe("/ops/webhooks");
  expect(webhooksLocation("failed", "k3.x")).toBe("/ops/webhooks?status=failed&after=k3.x");
});
