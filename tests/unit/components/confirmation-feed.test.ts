import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ApiResult } from "@/components/api-client";
import type { Confirmation } from "@/domain/confirmation-state";
import { makeConfirmation } from "../../support/confirmations";
import { done, openFeed, refused } from "../../support/feed";

const queued = makeConfirmation({ status: "queued" });
const sending = makeConfirmation({ status: "sending", attempt: 1 });
const sent = makeConfirmation({ status: "sent", attempt: 1 });

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-24T10:00:30.000Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the page's feed", () => {
  test("hands on what the stream brings, and is live from then on", () => {
    const page = openFeed();
    page.current().connect();
    page.current().send(queued);
    page.current().send(sending);
    expect(page.seen).toEqual(["queued", "sending"]);
    expect(page.connections).toEqual(["live"]);
  });

  test("survives an event that makes no sense", () => {
    const page = openFeed();
    page.current().connect();
    page.current().dispatchEvent(new MessageEvent("confirmation", { data: "<html>" }));
    page.current().send(sent);
    expect(page.seen).toEqual(["sent"]);
  });

  test("reads the state every few seconds while there is no stream", async () => {
    const page = openFeed();
    page.read.mockResolvedValue(done(queued));
    page.current().breakOff(0);
    await vi.advanceTimersByTimeAsync(4_000);
    page.read.mockResolvedValue(done(sent));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(page.seen).toEqual(["queued", "sent"]);
    expect(page.connections).toEqual(["polling"]);
  });

  test("reads at once when the stream is refused for good, and tries a stream again later", async () => {
    const page = openFeed();
    page.read.mockResolvedValue(done(sending));
    page.current().breakOff(2);
    await vi.advanceTimersByTimeAsync(0);
    expect(page.seen).toEqual(["sending"]);
    expect(page.streams).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(36_000);
    expect(page.streams).toHaveLength(2);
    page.current().connect();
    page.current().send(sent);
    expect(page.connections).toEqual(["polling", "live"]);
  });

  test("leaves a stream alone whose heart beats, however long nothing changes", async () => {
    const page = openFeed();
    page.current().connect();
    page.current().send(queued);
    for (let beats = 0; beats < 20; beats++) {
      await vi.advanceTimersByTimeAsync(15_000);
      page.current().beat();
    }
    expect(page.read).not.toHaveBeenCalled();
    expect(page.streams).toHaveLength(1);
    expect(page.connections).toEqual(["live"]);
  });

  test("replaces an open stream that has fallen silent, and reads meanwhile", async () => {
    const page = openFeed();
    page.read.mockResolvedValue(done(sent));
    page.current().connect();
    page.current().send(queued);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(page.read).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(page.read).toHaveBeenCalledTimes(1);
    expect(page.streams).toHaveLength(2);
    expect(page.seen).toEqual(["queued", "sent"]);
    expect(page.connections).toEqual(["live", "polling"]);
    page.current().connect();
    page.current().send(sent);
    expect(page.connections).toEqual(["live", "polling", "live"]);
  });

  test("is not live within half a minute of a server that stops answering, and is again when it goes on", async () => {
    const page = openFeed();
    page.current().connect();
    page.current().send(queued);
    let answer = (_: ApiResult<Confirmation>) => {};
    page.read.mockReturnValue(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    await vi.advanceTimersByTimeAsync(30_000);
    expect(page.connections).toEqual(["live", "offline"]);
    expect(page.streams).toHaveLength(2);
    page.current().connect();
    page.current().send(sent);
    answer(done(sent));
    await vi.advanceTimersByTimeAsync(0);
    expect(page.connections).toEqual(["live", "offline", "live"]);
  });

  test("says that the connection is lost when a read fails while an open stream is silent", async () => {
    const page = openFeed();
    page.current().connect();
    page.current().send(queued);
    await vi.advanceTimersByTimeAsync(24_000);
    expect(page.connections).toEqual(["live", "offline"]);
    expect(page.streams).toHaveLength(2);
  });

  test("is not live by a heart that beats before the state was told, nor by the one of a stream it has replaced", async () => {
    const page = openFeed();
    page.current().connect();
    page.current().beat();
    expect(page.connections).toEqual([]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(page.connections).toEqual(["offline"]);
    const [old] = page.streams;
    old?.send(queued);
    page.window.dispatchEvent(new Event("online"));
    old?.connect();
    old?.beat();
    await vi.advanceTimersByTimeAsync(0);
    expect(page.connections).toEqual(["offline", "live", "offline"]);
  });

  test("a read that fails does not put out a stream that is heard", async () => {
    const page = openFeed();
    page.current().connect();
    page.current().send(queued);
    page.feed.refresh();
    await vi.advanceTimersByTimeAsync(0);
    expect(page.connections).toEqual(["live"]);
  });

  test("goes on by reading where streams are held back, and tries one now and then", async () => {
    const page = openFeed();
    page.read.mockResolvedValue(done(sent));
    page.current().connect();
    await vi.advanceTimersByTimeAsync(28_000);
    expect(page.read).toHaveBeenCalledTimes(7);
    expect(page.connections).toEqual(["polling"]);
    expect(page.streams).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(page.streams).toHaveLength(2);
  });

  test("says that the connection is lost when neither way works, and comes back by itself", async () => {
    const page = openFeed();
    page.current().connect();
    page.current().send(queued);
    page.current().breakOff(0);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(page.connections).toEqual(["live", "offline"]);
    page.read.mockResolvedValue(done(sent));
    page.window.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(0);
    expect(page.streams).toHaveLength(2);
    expect(page.seen).toEqual(["queued", "sent"]);
    page.current().connect();
    page.current().send(sent);
    expect(page.connections.at(-1)).toBe("live");
  });

  test("takes nothing more from a stream it has replaced", async () => {
    const page = openFeed();
    const [old] = page.streams;
    old?.connect();
    page.window.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(0);
    old?.send(queued);
    expect(page.seen).toEqual([]);
  });

  test("is right again after sleep: a page that was hidden for a while starts over", async () => {
    const page = openFeed();
    page.current().connect();
    page.current().send(queued);
    page.document.turn("hidden");
    vi.setSystemTime(Date.now() + 3_600_000);
    page.read.mockResolvedValue(done(sent));
    page.document.turn("visible");
    await vi.advanceTimersByTimeAsync(0);
    expect(page.seen).toEqual(["queued", "sent"]);
    expect(page.streams).toHaveLength(2);
  });

  test("does not start over for a glance at another tab", async () => {
    const page = openFeed();
    page.current().connect();
    page.document.turn("hidden");
    await vi.advanceTimersByTimeAsync(1_000);
    page.document.turn("visible");
    expect(page.streams).toHaveLength(1);
    expect(page.read).not.toHaveBeenCalled();
  });

  test("closes its stream when the page is put away, and opens one when it is taken out again", () => {
    const page = openFeed();
    page.current().connect();
    page.window.dispatchEvent(new Event("pagehide"));
    expect(page.current().readyState).toBe(2);
    page.window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    expect(page.streams).toHaveLength(2);
  });

  test("a slow read does not overwrite what the stream brought meanwhile", async () => {
    const page = openFeed();
    page.current().connect();
    page.read.mockReturnValue(
      new Promise((resolve) => {
        setTimeout(() => resolve(done(queued)), 2_000);
      }),
    );
    page.feed.refresh();
    page.current().send(sent);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(page.seen).toEqual(["sent"]);
  });

  test("a stream that is busy with the registration before does not hide what a read tells of the present one", async () => {
    const page = openFeed();
    const other = makeConfirmation({ status: "retrying" }, { registered_at: "2026-11-24T10:00:20.000Z" });
    page.current().connect();
    page.current().send(queued);
    page.read.mockImplementation(
      () =>
        new Promise((resolve) => {
          setTimeout(() => resolve(done(other)), 1_000);
        }),
    );
    page.feed.refresh();
    page.current().send(sent);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(page.seen).toEqual(["queued", "sent", "retrying"]);
    expect(page.read).toHaveBeenCalledTimes(2);
  });

  test("what is to be read anew while a read is under way is read after it", async () => {
    const page = openFeed();
    page.current().connect();
    page.current().send(queued);
    page.read.mockImplementationOnce(
      () =>
        new Promise((resolve) => {
          setTimeout(() => resolve(done(sending)), 1_000);
        }),
    );
    page.read.mockResolvedValue(done(sent));
    page.feed.refresh();
    page.feed.refresh();
    page.feed.refresh();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(page.seen).toEqual(["queued", "sending", "sent"]);
    expect(page.read).toHaveBeenCalledTimes(2);
  });

  test("ends when the session is over, and asks no more", async () => {
    const page = openFeed();
    page.read.mockResolvedValue(refused(401));
    page.current().breakOff(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(page.ended()).toBe(1);
    expect(page.read).toHaveBeenCalledTimes(1);
  });

  test("a server in trouble is not the end of the session", async () => {
    const page = openFeed();
    page.read.mockResolvedValue(refused(503));
    page.current().breakOff(2);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(page.ended()).toBe(0);
    expect(page.connections).toEqual(["offline"]);
  });

  test("is silent once closed", async () => {
    const page = openFeed();
    page.read.mockResolvedValue(done(sent));
    const stream = page.current();
    page.feed.close();
    stream.send(sent);
    page.window.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect([page.seen, page.streams.length, page.read.mock.calls.length]).toEqual([[], 1, 0]);
  });
});
