// Which tabs of a browser listen by stream. HTTP/1.1 leaves a browser six connections to a host, and a stream keeps one
// for itself: with a tab on each of them, no page loads and nothing can be sent (docs/decisions/037).

/** What a tab holds while it may listen by stream. A browser takes it back from a tab that is closed or crashes. */
export type Slot = { giveBack: () => void };

/** Half of the connections: the others are for pages, for what people send, and for the tabs that read. */
export const SLOT_COUNT = 3;

/**
 * A slot of this browser, or null when other tabs have them all; whoever wants one later asks again. A browser that
 * refuses to say gives one: listening is better than not knowing.
 */
export async function takeSlot(locks: Pick<LockManager, "request">): Promise<Slot | null> {
  try {
    for (let number = 1; number <= SLOT_COUNT; number++) {
      const slot = await takeLock(locks, `confirmation-stream-${number}`);
      if (slot) return slot;
    }
    return null;
  } catch {
    return { giveBack: () => {} };
  }
}

/** A lock is held for as long as its callback's promise is open. */
function takeLock(locks: Pick<LockManager, "request">, name: string): Promise<Slot | null> {
  return new Promise((resolve, reject) => {
    locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock) return new Promise<void>((giveBack) => resolve({ giveBack }));
        resolve(null);
      })
      .catch(reject);
  });
}
