import { describe, expect, test } from "vitest";
import { createBoundedQueue, sharedQueue } from "@/domain/bounded-queue";
import { DomainError } from "@/domain/errors";

const refused = new Error("refused");
const createQueue = () => createBoundedQueue({ atOnce: 2, waitingMax: 3, refuse: () => refused });

/** Work that ends when it is told to. */
function createWork() {
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  return {
    ends,
    counts: () => ({ running, most }),
    work: async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running--;
    },
  };
}

describe("ASVS 15.2.2: a bounded queue", () => {
  test("does no more at once than it may, and all of it in the end", async () => {
    const queue = createQueue();
    const { ends, work, counts } = createWork();
    const all = Array.from({ length: 5 }, () => queue.run(work));
    for (let done = 0; done < 5; done++) {
      await Promise.resolve();
      expect(counts().running).toBe(Math.min(2, 5 - done));
      ends.shift()?.();
      await all[done];
    }
    expect(counts().most).toBe(2);
  });

  test("sends away who comes when the line is full, without beginning the work, and takes the next one after that", async () => {
    const queue = createQueue();
    const { ends, work } = createWork();
    const inside = Array.from({ length: 5 }, () => queue.run(work));
    let isBegun = false;
    const late = queue.run(async () => {
      isBegun = true;
    });
    await expect(late).rejects.toBe(refused);
    expect(isBegun).toBe(false);
    ends.shift()?.();
    await inside[0];
    const taken = queue.run(work);
    for (const result of [...inside.slice(1), taken]) {
      await Promise.resolve();
      ends.shift()?.();
      await result;
    }
  });

  test("gives a place back when the work in it fails", async () => {
    const queue = createQueue();
    const fail = () => Promise.reject(new Error("broken"));
    for (let round = 0; round < 10; round++) await expect(queue.run(fail)).rejects.toThrow("broken");
    await expect(queue.run(async () => "done")).resolves.toBe("done");
  });
});

test("what one copy of a module throws another one knows", async () => {
  const copyOf = "../../../domain/errors?copy";
  const copy = (await import(/* @vite-ignore */ copyOf)) as { DomainError: typeof DomainError };
  expect(copy.DomainError).not.toBe(DomainError);
  const busy: unknown = new copy.DomainError("busy");
  expect(busy instanceof DomainError && busy.code).toBe("busy");
  expect(new Error("another")).not.toBeInstanceOf(DomainError);
});

describe("a queue that is shared by its name", () => {
  const share = (name: string, create = sharedQueue) =>
    create(name, { atOnce: 2, waitingMax: 3, refuse: () => refused });

  test("is one in a process, however many copies of a module a build holds", async () => {
    // As a bundler has it: the same source, loaded once more under another name.
    const copyOf = "../../../domain/bounded-queue?copy";
    const copy = (await import(/* @vite-ignore */ copyOf)) as { sharedQueue: typeof sharedQueue };
    expect(copy.sharedQueue).not.toBe(sharedQueue);
    expect(share("hashes of a test", copy.sharedQueue)).toBe(share("hashes of a test"));
    expect(share("something else")).not.toBe(share("hashes of a test"));
  });
});
