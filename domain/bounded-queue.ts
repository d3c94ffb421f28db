// Work that is done a few pieces at a time, with a line that has an end: whoever would stand behind it is sent away at
// once instead of waiting for longer than anybody would.

export type BoundedQueue = {
  /** Does `work` when there is room. Throws what `refuse` makes when the line is full; the work was not begun then. */
  run<T>(work: () => Promise<T>): Promise<T>;
};

export function createBoundedQueue(options: {
  atOnce: number;
  waitingMax: number;
  refuse: () => Error;
}): BoundedQueue {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    async run(work) {
      if (running >= options.atOnce) {
        if (waiting.length >= options.waitingMax) throw options.refuse();
        // Who is called from the line takes the place of the one that ended, so `running` stays.
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else running++;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else running--;
      }
    },
  };
}

const shared = globalThis as typeof globalThis & { latchkeyQueues?: Map<string, BoundedQueue> };

/**
 * The one of that name in this process, made at the first call. A build may hold a module more than once (what answers
 * calls directly has its own), and a bound of the process must not be one of each copy.
 */
export function sharedQueue(name: string, options: Parameters<typeof createBoundedQueue>[0]): BoundedQueue {
  shared.latchkeyQueues ??= new Map();
  const queue = shared.latchkeyQueues.get(name) ?? createBoundedQueue(options);
  shared.latchkeyQueues.set(name, queue);
  return queue;
}
