import { expect, test } from "vitest";
import { failure } from "@/emails/failures";
import type { SendResult } from "@/emails/transport";
import { createRecentEnds } from "@/emails/transports/recent-ends";

const accepted: SendResult = { outcome: "accepted", providerMessageId: null };
const busy = failure("server_busy", { text: "Not now" });

function ends() {
  let now = 0;
  let next = 0;
  const kept = createRecentEnds({ chance: () => next, nowMs: () => now });
  return {
    ...kept,
    pass: (ms: number) => {
      now += ms;
    },
    /** All that could be drawn, as milliseconds. */
    all: () =>
      new Set(
        Array.from({ length: 200 }, (_, step) => {
          next = step / 200;
          return kept.draw(5).ms;
        }),
      ),
    draw: (chance: number) => {
      next = chance;
      return kept.draw(5);
    },
  };
}

test("a rehearsal ends like one of the last mails, each as likely", () => {
  const { note, all, draw } = ends();
  note({ result: accepted, ms: 100 });
  note({ result: busy, ms: 200 });
  expect(all()).toEqual(new Set([100, 200]));
  expect(draw(0.9)).toEqual({ result: busy, ms: 200 });
});

test("of a server in trouble the last minute counts, and what was before while there is nothing newer", () => {
  const { note, all, pass } = ends();
  note({ result: accepted, ms: 100 });
  pass(3_600_000);
  expect(all()).toEqual(new Set([100]));
  note({ result: busy, ms: 200 });
  expect(all()).toEqual(new Set([200]));
});

test("what a server refuses for good is about that one mail", () => {
  const { note, draw } = ends();
  note({ result: failure("mailbox_unavailable", { text: "no such mailbox" }), ms: 3 });
  expect(draw(0).result).toEqual(accepted);
});

test("a server that was seen to take no mail yet needs as long for one as for the rest", () => {
  expect(ends().draw(0)).toEqual({ result: accepted, ms: 10 });
});

test("no more than the last sixteen are kept", () => {
  const { note, all } = ends();
  for (let ms = 1; ms <= 40; ms++) note({ result: accepted, ms });
  expect(all()).toEqual(new Set(Array.from({ length: 16 }, (_, index) => 25 + index)));
});
