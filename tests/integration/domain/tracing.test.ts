// The trace of a registration, with real SQL: where it is kept, and who continues it.
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { insertDelivery } from "@/db/deliveries";
import { findOutboxRow } from "@/db/outbox";
import { attemptDelivery } from "@/domain/email-delivery";
import { registerUser } from "@/domain/registration";
import { causeOf } from "@/domain/tracing";
import { deliverOverdue } from "@/domain/unfinished-deliveries";
import { refusal, someone } from "@/tests/support/services";
import { createTraced } from "@/tests/support/traced";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

function listen() {
  const traced = createTraced();
  services.tracing = traced.tracing;
  return traced;
}

test("the event says to which trace it belongs, and only where somebody listens", async () => {
  const untraced = await registerUser(services, someone());
  const { tracing, read } = listen();
  const traced = await tracing.span("request", {}, () => registerUser(services, someone()));
  const dataOf = async (outboxId: string) => (await findOutboxRow(services.db, outboxId))?.data;
  expect(await dataOf(untraced.outboxId)).toEqual({
    userId: untraced.user.id,
    deliveryId: untraced.deliveryId,
  });
  const [write] = (await read())("write registration");
  const context = write?.spanContext();
  expect(await dataOf(traced.outboxId)).toEqual({
    userId: traced.user.id,
    deliveryId: traced.deliveryId,
    traceparent: `00-${context?.traceId}-${context?.spanId}-01`,
  });
});

test("the watchdog continues the trace of what it sends, of each mail its own", async () => {
  const { tracing, read } = listen();
  const people = [someone(), someone()];
  const registered = await Promise.all(
    people.map((person) => tracing.span("request", {}, () => registerUser(services, person))),
  );
  services.pass(60);
  await deliverOverdue(services, 30);
  const spans = await read();
  for (const { deliveryId, outboxId } of registered) {
    const cause = causeOf((await findOutboxRow(services.db, outboxId))?.data);
    const [overdue] = spans("deliver overdue").filter(
      (span) => span.attributes["latchkey.delivery.id"] === deliveryId,
    );
    const [send] = spans("send by scripted").filter(
      (span) => span.attributes["latchkey.delivery.id"] === deliveryId,
    );
    expect(cause).toContain(`-${overdue?.parentSpanContext?.spanId}-`);
    expect(cause).toContain(send?.spanContext().traceId);
  }
  expect(services.transport.handed.map(({ to }) => to)).toEqual(
    expect.arrayContaining(people.map(({ email }) => email)),
  );
});

test("a mail that is refused for good passes its trace on to who hears of failures", async () => {
  const { tracing, read } = listen();
  const { deliveryId } = await registerUser(services, someone());
  services.pass(2);
  services.transport.answer(refusal({ class: "permanent", code: "mailbox_unavailable" }));
  await tracing.span("step", {}, () => attemptDelivery(services, deliveryId));
  const spans = await read();
  expect(spans("send by scripted")[0]?.attributes).toMatchObject({
    "latchkey.outcome": "failed",
    "latchkey.error_class": "permanent",
    "error.type": "mailbox_unavailable",
  });
  const rows = await services.db.query.outbox.findMany();
  const announced = rows.find(
    ({ name, data }) => name === "delivery/failed" && data.deliveryId === deliveryId,
  );
  expect(causeOf(announced?.data)).toContain(spans("step")[0]?.spanContext().traceId);
});

test("a query that fails tells its span nothing of its parameters", async () => {
  const { tracing, read } = listen();
  const recipient = "ada-whose-query-fails@example.com";
  const write = () =>
    insertDelivery(services.db, {
      id: randomUUID(),
      // Of nobody.
      userId: randomUUID(),
      kind: "confirmation",
      codeId: null,
      recipient,
      sender: recipient,
      language: "en",
      maxAttempts: 1,
      isCanary: false,
      nextAttemptAt: services.clock(),
      createdAt: services.clock(),
    });
  await expect(tracing.span("write", {}, write)).rejects.toThrow(recipient);
  const [span] = (await read())("write");
  expect(span?.status.code).toBe(2);
  const { name, attributes, events, status, links } = span ?? {};
  expect(JSON.stringify({ name, attributes, events, status, links })).not.toContain("ada-whose");
});
