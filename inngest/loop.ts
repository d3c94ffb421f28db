// A loop beside the requests: works when it is woken, and once in a while by itself. One round at a time.

export type Loop = {
  /** Asks for a round within `waitMs`; several calls are one round, the earliest wins. */
  wake(waitMs: number): void;
  /** Lets the round that runs come to its end; no further one begins. */
  stop(): Promise<void>;
};

/** `round` answers after how many milliseconds the next one is due at the latest. A throw is `onError`'s, which answers the same. */
export function startLoop(round: () => Promise<number>, onError: (error: unknown) => number): Loop {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Number.POSITIVE_INFINITY;
  let isRunning = false;
  let running: Promise<void> = Promise.resolve();

  async function run(): Promise<void> {
    isRunning = true;
    const waitMs = await round().catch(onError);
    isRunning = false;
    const wanted = Number.isFinite(dueAt) ? dueAt - Date.now() : waitMs;
    dueAt = Number.POSITIVE_INFINITY;
    wake(Math.max(0, Math.min(wanted, waitMs)));
  }

  function wake(waitMs: number): void {
    const at = Date.now() + waitMs;
    if (isStopped || at >= dueAt) return;
    dueAt = at;
    if (isRunning) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      dueAt = Number.POSITIVE_INFINITY;
      running = run();
    }, waitMs);
    timer.unref();
  }

  wake(0);
  return {
    wake,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
