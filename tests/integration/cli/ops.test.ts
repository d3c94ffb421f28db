// The operator's commands against real SQL: what they print, and how they end.
import { describe, expect, test } from "vitest";
import { EXIT } from "@/cli/ops/command";
import { COMMANDS } from "@/cli/ops/commands";
import { runOps } from "@/cli/ops/run";
import { findDelivery, findNewestClaimMail } from "@/db/deliveries";
import { attemptDelivery } from "@/domain/email-delivery";
import { erasePerson } from "@/domain/erasure";
import { registerUser } from "@/domain/registration";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

async function ops(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runOps(args, COMMANDS, () => ({ services }), {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    ask: async () => null,
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

async function json(...args: string[]) {
  const { code, out } = await ops(...args, "--json");
  const result: unknown = JSON.parse(out);
  return { code, result };
}

async function failed() {
  const person = someone();
  const { user, deliveryId } = await registerUser(services, person);
  services.transport.answer(refusal({ class: "permanent", code: "mailbox_unavailable" }));
  await attemptDelivery(services, deliveryId);
  return { person, userId: user.id, deliveryId };
}

describe("the operator's commands", () => {
  test("list what failed and what waits, filtered, without an address in clear", async () => {
    const { person, deliveryId } = await failed();
    const waiting = await registerUser(services, someone());
    const list = await ops("failed", "--class", "permanent", "--since", "1h", "--to", person.email);
    expect(list).toMatchObject({ code: EXIT.done, err: "" });
    expect(list.out).toContain(deliveryId);
    expect(list.out).not.toContain(person.email);
    expect((await ops("scheduled")).out).toContain(waiting.deliveryId);
    expect((await ops("failed", "--class", "ours")).out).toBe("None.");
    expect((await ops("active")).out).toBe("None.");
    const page = await json("failed", "--limit", "1");
    expect(page.result).toMatchObject({ deliveries: [{ id: deliveryId, errorClass: "permanent" }] });
    for (const [command = "", option = ""] of [
      ["failed", "--since"],
      ["scheduled", "--before"],
    ])
      expect(await ops(command, option, "999999d")).toMatchObject({ code: EXIT.usage, out: "" });
    expect((await json("stats")).result).toMatchObject({ queued: 1, sending: 0 });
    expect((await ops("stats")).out).toMatch(/queued +1/);
  });

  test("count a mail that was removed among the figures of the spans, and not among those kept, and say so", async () => {
    const figures = async () => {
      const { result } = await json("stats");
      const { lastDay, success } = result as {
        lastDay: Record<string, number>;
        success: { "24h": { total: { mails: { queued: number } } } };
      };
      return { kept: lastDay.queued ?? 0, queued: success["24h"].total.mails.queued };
    };
    const person = someone();
    await registerUser(services, person);
    const { kept, queued } = await figures();
    await erasePerson(services, person.email);
    expect(await figures()).toEqual({ kept: kept - 1, queued });
    const { out } = await ops("stats");
    expect(out).toMatch(/^last 24h, since \d{4}-\d\d-\d\d \d\d:(00|15|30|45):00Z$/m);
    expect(out).toMatch(/^queued within 24 hours, and kept$/m);
  });

  test("explain a mail by its id, its person or its address", async () => {
    const { person, userId, deliveryId } = await failed();
    for (const given of [deliveryId, userId, person.username, person.email]) {
      const told = await ops("explain", given);
      expect(told.code).toBe(EXIT.done);
      expect(told.out).toContain("Attempt 1 failed (for good): That address does not accept mail.");
      expect(told.out).toContain(`replay ${deliveryId}`);
    }
    expect((await ops("explain", "nobody@example.com")).code).toBe(EXIT.nothing);
  });

  test("send one mail anew, and refuse the second time with a code and a sentence", async () => {
    const { userId, deliveryId } = await failed();
    const first = await json("replay", deliveryId);
    const newest = await findNewestClaimMail(services.db, userId);
    expect(first).toEqual({ code: EXIT.done, result: { outcome: "replayed", deliveryId: newest?.id } });
    expect(newest?.id).not.toBe(deliveryId);
    expect(await json("replay", deliveryId)).toEqual({
      code: EXIT.failed,
      result: {
        outcome: "refused",
        code: "superseded",
        detail: "Another mail has taken the place of this one.",
      },
    });
    expect((await ops("replay", "6f1d7a3e-0000-4000-8000-000000000000")).code).toBe(EXIT.nothing);
  });

  test("send all anew that failed lately, once", async () => {
    services.pass(7200);
    const one = await failed();
    services.pass(1);
    const two = await failed();
    for (const _ of ["asked", "asked again: nothing was sent"])
      expect(await json("replay", "--failed", "--since", "10m", "--dry-run")).toMatchObject({
        code: EXIT.done,
        result: { count: 2 },
      });
    expect(await json("replay", "--failed", "--since", "10m")).toMatchObject({
      code: EXIT.done,
      result: {
        replayed: [
          (await findNewestClaimMail(services.db, one.userId))?.id,
          (await findNewestClaimMail(services.db, two.userId))?.id,
        ],
        refused: 0,
      },
    });
    for (const way of [[], ["--dry-run"]])
      expect((await ops("replay", "--failed", "--since", "10m", ...way)).code).toBe(EXIT.nothing);
  });

  test("call off a mail that waits, and no other", async () => {
    const { deliveryId } = await registerUser(services, someone());
    expect(await json("cancel", deliveryId)).toEqual({
      code: EXIT.done,
      result: { outcome: "cancelled" },
    });
    expect((await findDelivery(services.db, deliveryId))?.status).toBe("cancelled");
    expect(await json("cancel", deliveryId)).toMatchObject({
      code: EXIT.failed,
      result: { code: "already_settled" },
    });
  });

  test("send somebody another code past the cooldown, and refuse it with a code and a sentence", async () => {
    const person = someone();
    const { user, deliveryId } = await registerUser(services, person);
    expect(await json("send", person.username)).toMatchObject({
      code: EXIT.failed,
      result: { outcome: "refused", code: "still_open" },
    });
    await attemptDelivery(services, deliveryId);
    const sent = await json("send", person.email);
    const newest = await findNewestClaimMail(services.db, user.id);
    expect(sent).toEqual({ code: EXIT.done, result: { outcome: "queued", deliveryId: newest?.id } });
    expect(newest?.id).not.toBe(deliveryId);
    expect(await ops("send", "nobody")).toMatchObject({
      code: EXIT.nothing,
      out: "Nobody is known by that.",
    });
  });

  test("tell how it goes, as the page does", async () => {
    services.pass(30 * 86_400);
    await failed();
    const { out } = await ops("stats");
    expect(out).toMatch(/last 1h[\s\S]*delivery rate +0 % \(0 arrived, 0 came back, 1 given up\)/);
    expect(out).toMatch(/scripted +preferred; last hour 0 mails taken, 1 attempts failed/);
    expect((await json("stats")).result).toMatchObject({
      health: { providers: [{ provider: "scripted", role: "preferred", failed: 1 }] },
      success: {
        "1h": { total: { mails: { failed: 1 }, deliveryRate: 0 } },
        "7d": { slots: { length: 28 } },
      },
    });
  });

  test.each([
    [["failed", "--since", "yesterday"], "is no time"],
    [["failed", "--to", "nobody"], "is no address"],
    [["failed", "--class", "odd"], "There is no class"],
    [["failed", "--limit", "0"], "from 1 to 1000"],
    [["failed", "--older", "x"], "is no cursor"],
    [["replay"], "Which delivery?"],
    [["replay", "x"], "is no delivery's id"],
    [["replay", "--since", "1h", "x"], "--since goes with --failed"],
    [["replay", "--failed", "x"], "not both"],
    [["replay", "x", "--dry-run"], "--dry-run goes with --failed"],
    [["cancel"], "Which delivery?"],
    [["send"], "Whom?"],
    [["send", "ada", "grace"], "One at a time"],
    [["relay", "now"], "takes no arguments"],
    [["registered", "all"], "takes no arguments"],
    [["explain"], "Whose mail?"],
  ])("say what is wrong with %j, and do nothing", async (args, sentence) => {
    const { code, err } = await ops(...args);
    expect(code).toBe(EXIT.usage);
    expect(err).toContain(sentence);
  });
});
