// Tabs of one browser that share its connections: each is a feed, and all have the same locks.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SLOT_COUNT, takeSlot } from "@/components/stream-slots";
import { makeConfirmation } from "../../support/confirmations";
import { done, FakeLocks, openFeed, refused, takeSlotFrom } from "../../support/feed";

const queued = makeConfirmation({ status: "queued" });
const sent = makeConfirmation({ status: "sent", attempt: 1 });

type Tab = ReturnType<typeof openFeed>;
const settle = () => vi.advanceTimersByTimeAsync(0);
const isListening = ({ streams }: Tab) => streams.some(({ readyState }) => readyState !== 2);

/** As many tabs as have slots, each told that the mail is queued. */
async function openListening(locks: FakeLocks): Promise<Tab[]> {
  const tabs = Array.from({ length: SLOT_COUNT }, () => openFeed(locks));
  await settle();
  for (const tab of tabs) {
    tab.current().connect();
    tab.current().send(queued);
  }
  return tabs;
}

/** One more tab than there are slots, which can read. */
async function openBeyond(locks: FakeLocks): Promise<Tab> {
  const tab = openFeed(locks);
  tab.read.mockResolvedValue(done(queued));
  await settle();
  return tab;
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-24T10:00:30.000Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("tabs of one browser", () => {
  test("listen by stream while there are slots; a further one knows the state at once, and reads it every few seconds", async () => {
    const locks = new FakeLocks();
    const listening = await openListening(locks);
    const tab = await openBeyond(locks);
    expect(listening.map(({ connections }) => connections)).toEqual(Array(SLOT_COUNT).fill(["live"]));
    expect([tab.streams.length, tab.seen, tab.connections]).toEqual([0, ["queued"], ["polling"]]);
    tab.read.mockResolvedValue(done(sent));
    await vi.advanceTimersByTimeAsync(4_000);
    expect([tab.streams.length, tab.seen, tab.connections]).toEqual([0, ["queued", "sent"], ["polling"]]);
  });

  test("a tab that reads becomes live within seconds of another's end, and no other does", async () => {
    const locks = new FakeLocks();
    const [first] = await openListening(locks);
    const waiting = [await openBeyond(locks), await openBeyond(locks)];
    first?.feed.close();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(waiting.map(isListening)).toEqual([true, false]);
    const [next] = waiting;
    next?.current().connect();
    next?.current().send(sent);
    expect(next?.connections).toEqual(["polling", "live"]);
    expect(next?.seen.at(-1)).toBe("sent");
  });

  test("a tab keeps its slot when it replaces its stream, and needs no second one", async () => {
    const locks = new FakeLocks();
    const [first] = await openListening(locks);
    const tab = await openBeyond(locks);
    first?.window.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(8_000);
    expect(first?.streams.map(({ readyState }) => readyState)).toEqual([2, 0]);
    expect(tab.streams).toHaveLength(0);
    expect(locks.held.size).toBe(SLOT_COUNT);
  });

  test("a page that is put away gives its slot back, and asks for one when it is taken out again", async () => {
    const locks = new FakeLocks();
    const tab = openFeed(locks);
    await settle();
    tab.window.dispatchEvent(new Event("pagehide"));
    await settle();
    expect([isListening(tab), locks.held.size]).toEqual([false, 0]);
    tab.window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    await settle();
    expect([isListening(tab), locks.held.size]).toEqual([true, 1]);
  });

  test.each([
    ["closed", (tab: Tab) => tab.feed.close()],
    ["put away", (tab: Tab) => tab.window.dispatchEvent(new Event("pagehide"))],
  ])("a page that is %s before the browser has answered keeps no slot", async (_, leave) => {
    const locks = new FakeLocks();
    const tab = openFeed(locks);
    leave(tab);
    await settle();
    expect([tab.streams.length, locks.held.size]).toEqual([0, 0]);
  });

  test("a tab that is looked at again reads at once, and takes a slot that is free by now", async () => {
    const locks = new FakeLocks();
    const [first] = await openListening(locks);
    const tab = await openBeyond(locks);
    tab.document.turn("hidden");
    first?.feed.close();
    await settle();
    tab.read.mockResolvedValue(done(sent));
    tab.document.turn("visible");
    await settle();
    expect([tab.seen.at(-1), isListening(tab)]).toEqual(["sent", true]);
  });

  test("a tab that reads believes the end of the session at the second telling: the next cookie may be on its way", async () => {
    const locks = new FakeLocks();
    await openListening(locks);
    const tab = await openBeyond(locks);
    tab.read.mockResolvedValueOnce(refused(401));
    await vi.advanceTimersByTimeAsync(8_000);
    expect([tab.ended(), tab.seen.length]).toEqual([0, 2]);
    tab.read.mockResolvedValue(refused(401));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(tab.ended()).toBe(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tab.ended()).toBe(1);
    expect(tab.read).toHaveBeenCalledTimes(5);
  });
});

describe("a slot", () => {
  test("is given as often as there are some, and again when one came back", async () => {
    const locks = new FakeLocks();
    const taken = [];
    for (let count = 0; count < SLOT_COUNT; count++) taken.push(await takeSlotFrom(locks));
    expect(taken).not.toContain(null);
    expect(await takeSlotFrom(locks)).toBeNull();
    taken[1]?.giveBack();
    await settle();
    expect(await takeSlotFrom(locks)).not.toBeNull();
    expect(await takeSlotFrom(locks)).toBeNull();
  });

  test("leaves connections for pages and for what people send: a browser has six to a host", () => {
    expect(SLOT_COUNT).toBeLessThanOrEqual(4);
  });

  test("is anybody's in a browser that refuses its locks", async () => {
    const request = () => Promise.reject(new DOMException("Cookies are off", "SecurityError"));
    const slots = await Promise.all(Array.from({ length: SLOT_COUNT + 1 }, () => takeSlot({ request })));
    expect(slots).not.toContain(null);
  });
});
