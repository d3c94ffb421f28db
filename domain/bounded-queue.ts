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
