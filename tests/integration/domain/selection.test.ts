// What operators do to several mails at once, and for one person.
import { describe, expect, test } from "vitest";
import { listAuditRows } from "@/db/audit-log";
import { findDelivery, findNewestClaimMail } from "@/db/deliveries";
import { explainDelivery } from "@/domain/delivery-facts";
import { confirmEmail, requestAnotherCode } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { registerUser } from "@/domain/registration";
import { countFailedToReplay } from "@/domain/replay";
import { actOnSelection, judgeSelection, SELECTED_MAX } from "@/domain/selection";
import { sendToPerson } from "@/domain/send-to-person";
import { codeOf } from "@/tests/support/codes";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

async function registered() {
  const person = someone();
  const { user, deliveryId } = await registerUser(services, person);
  return { person, userId: user.id, deliveryId };
}

async function failed() {
  const made = await registered();
  services.transport.answer(refusal({ class: "permanent", code: "mailbox_unavailable" }));
  await attemptDelivery(services, made.deliveryId);
  return made;
}

const NOBODY = "6f1d7a3e-0000-4000-8000-000000000000";

describe("a selection of mails", () => {
  test("is judged as the act will judge it, addresses masked, and changes nothing", async () => {
    const [bad, waiting] = [await failed(), await registered()];
    const ids = [bad.deliveryId, NOBODY, waiting.deliveryId, bad.deliveryId];
    const judged = await judgeSelection(services, "replay", ids);
    expect(judged).toMatchObject([
      { id: bad.deliveryId, status: "failed", refusal: null },
      { id: waiting.deliveryId, status: "queued", refusal: "still_open" },
    ]);
    expect(JSON.stringify(judged)).not.toContain(bad.person.email);
    expect(await judgeSelection(services, "cancel", ids)).toMatchObject([
      { refusal: "already_settled" },
      { refusal: null },
    ]);
    expect(await judgeSelection(services, "replay", ids)).toEqual(judged);
  });

  test("is sent anew, each once however often it is named, and each is written down", async () => {
    const [one, two, waiting] = [await failed(), await failed(), await registered()];
    const ids = [one.deliveryId, waiting.deliveryId, two.deliveryId, one.deliveryId];
    const result = await actOnSelection(services, "replay", ids);
    expect(result).toMatchObject({
      done: 2,
      refused: [{ id: waiting.deliveryId, code: "still_open" }],
    });
    expect(result.queued.map(({ deliveryId }) => deliveryId)).toEqual([
      (await findNewestClaimMail(services.db, one.userId))?.id,
      (await findNewestClaimMail(services.db, two.userId))?.id,
    ]);
    for (const { userId } of [one, two])
      expect(await listAuditRows(services.db, { userId, actor: "operator" }, { limit: 5 })).toMatchObject([
        { type: "delivery_replayed" },
      ]);
    expect(await actOnSelection(services, "replay", ids)).toMatchObject({ done: 0, queued: [] });
  });

  test("is called off where it waits", async () => {
    const [one, two, bad] = [await registered(), await registered(), await failed()];
    const ids = [one, two, bad].map(({ deliveryId }) => deliveryId);
    expect(await actOnSelection(services, "cancel", ids)).toEqual({
      done: 2,
      refused: [{ id: bad.deliveryId, code: "already_settled" }],
      queued: [],
    });
    expect((await findDelivery(services.db, one.deliveryId))?.status).toBe("cancelled");
  });

  test("ends with the hundredth", async () => {
    const { deliveryId } = await registered();
    const ids = Array.from({ length: SELECTED_MAX }, (_, n) => `${NOBODY.slice(0, -3)}${100 + n}`);
    expect(await judgeSelection(services, "cancel", [...ids, deliveryId])).toEqual([]);
  });

  test("of all that failed is counted before it is sent, up to the limit", async () => {
    services.pass(7200);
    const since = services.clock();
    for (let n = 0; n < 3; n++) await failed();
    expect(await countFailedToReplay(services, { since, limit: 2 })).toEqual({ count: 2, isMore: true });
    expect(await countFailedToReplay(services, { since, limit: 3 })).toEqual({ count: 3, isMore: false });
  });
});

describe("sending a person another code", () => {
  test("queues one past the cooldown, with a code that works, and is written down and told", async () => {
    const { person, userId, deliveryId } = await registered();
    await attemptDelivery(services, deliveryId);
    await expect(requestAnotherCode(services, userId)).rejects.toMatchObject({ code: "resend_cooldown" });
    for (const given of [userId, person.username, person.email.toUpperCase()]) {
      const sent = await sendToPerson(services, given);
      if (sent.outcome !== "queued") throw new Error(sent.code);
      const newest = sent.queued.deliveryId;
      expect((await findNewestClaimMail(services.db, userId))?.id).toBe(newest);
      await attemptDelivery(services, newest);
      const told = await explainDelivery(services, newest);
      expect(told?.story.lines.map(({ text }) => text)).toContain(
        "Queued by an operator, who wanted another code sent.",
      );
    }
    const [row] = await listAuditRows(services.db, { userId, actor: "operator" }, { limit: 1 });
    const newest = await findNewestClaimMail(services.db, userId);
    expect(row).toMatchObject({ type: "mail_requested", details: { deliveryId: newest?.id } });
    await expect(
      confirmEmail(services, userId, await codeOf(services, newest?.id ?? "")),
    ).resolves.toBeDefined();
  });

  test("is refused where nobody waits for one, or one is under way", async () => {
    const { userId, deliveryId } = await registered();
    const codeFor = async (given: string) => {
      const sent = await sendToPerson(services, given);
      return sent.outcome === "refused" ? sent.code : sent.outcome;
    };
    expect(await codeFor(userId)).toBe("still_open");
    for (const nobody of ["nobody", "nobody@example.com", NOBODY])
      expect(await codeFor(nobody)).toBe("unknown_person");
    await attemptDelivery(services, deliveryId);
    await confirmEmail(services, userId, await codeOf(services, deliveryId));
    expect(await codeFor(userId)).toBe("already_confirmed");
    const other = await registered();
    await attemptDelivery(services, other.deliveryId);
    services.pass(25 * 3600);
    expect(await codeFor(other.userId)).toBe("registration_over");
  });

  test("by many operators at the same time queues one mail", async () => {
    const { userId, deliveryId } = await registered();
    await attemptDelivery(services, deliveryId);
    const sent = await Promise.all([1, 2, 3].map(() => sendToPerson(services, userId)));
    expect(sent.map(({ outcome }) => outcome).sort()).toEqual(["queued", "refused", "refused"]);
  });
});
