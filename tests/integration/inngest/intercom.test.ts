// The functions that tell Intercom, run by an engine that calls them over HTTP.
import { expect, test, vi } from "vitest";
import { users } from "@/db/schema";
import { createIntercom } from "@/domain/intercom";
import { registerUser } from "@/domain/registration";
import { createEraseFromIntercom, createSyncUserToIntercom } from "@/inngest/functions/sync-user-to-intercom";
import { failing, rateLimited, startIntercom } from "@/tests/support/intercom";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";
import { World } from "../engine/support/world.ts";

// An engine, an app and a database: on a busy machine the first of these tests takes its time.
vi.setConfig({ testTimeout: 90_000 });

const services = useTestServices(useTestDatabase());

async function start() {
  const server = await startIntercom();
  services.intercom = createIntercom({ token: server.token, baseUrl: server.url, clock: services.clock });
  const world = await World.start((inngest) => [
    createSyncUserToIntercom(inngest, () => services),
    createEraseFromIntercom(inngest, () => services),
  ]);
  const { user } = await registerUser(services, someone());
  await services.db.update(users).set({ emailConfirmedAt: new Date() });
  const confirm = () => world.send("user/confirmed", { userId: user.id });
  return { server, world, userId: user.id, confirm };
}

test("a confirmed user becomes a contact", async () => {
  const { server, world, userId, confirm } = await start();
  const run = await world.ended(await confirm());
  expect(run).toMatchObject({ status: "Completed", output: { outcome: "saved" } });
  expect([...server.contacts.values()]).toMatchObject([{ external_id: userId }]);
  // An id, and nothing of the person: the engine keeps what steps return.
  expect(JSON.stringify(await world.trace(run.run_id))).not.toContain("@");
});

test("when Intercom has had too many calls, the next one is made at the time it names, and not before", async () => {
  const { server, world, confirm } = await start();
  const resetAt = new Date(Math.ceil(world.engine.clock.now() / 1000) * 1000 + 45_000);
  server.answer(rateLimited(resetAt));
  const eventId = await confirm();
  const waiting = await world.waiting(eventId, 20_000);
  expect(Date.parse(waiting.next_at ?? "")).toBe(resetAt.getTime());
  expect(server.requests).toHaveLength(1);
  expect(await world.playOut(eventId)).toMatchObject({ status: "Completed" });
  expect(server.requests).toHaveLength(2);
});

test("an Intercom that is broken for a while is tried again", async () => {
  const { server, world, confirm } = await start();
  server.answer(failing(500, "server_error"), (response) => void response.socket?.destroy());
  expect(await world.playOut(await confirm())).toMatchObject({ status: "Completed" });
  expect(server.requests).toHaveLength(3);
});

test("what Intercom refuses for good is not tried again, and stands in the log without its words", async () => {
  const { server, world, confirm } = await start();
  server.answer(failing(422, "data_invalid"));
  expect(await world.ended(await confirm())).toMatchObject({ status: "Failed" });
  expect(server.requests).toHaveLength(1);
  const errors = services.lines.filter(({ level }) => level === "error");
  expect(errors.map(({ sentence }) => sentence)).toEqual(["Intercom, POST /contacts: 422 data_invalid"]);
});

test("who was erased is deleted there; without a token the run fails, for all to see", async () => {
  const { server, world, userId } = await start();
  const { id: contactId } = server.add({ external_id: userId });
  const erased = await world.ended(await world.send("user/erased", { userId, contactId }));
  expect(erased).toMatchObject({ status: "Completed", output: { erased: true } });
  expect(server.contacts.size).toBe(0);
  services.intercom = null;
  const failed = await world.ended(await world.send("user/erased", { userId, contactId }));
  expect(failed.status).toBe("Failed");
  expect(JSON.stringify(failed.output)).toContain("INTERCOM_ACCESS_TOKEN is not set");
});
