// How many streams one person has open on this process. Each asks the database at every change, over the connections on
// which everybody's registration waits: a thousand of them on one claim would hold up all others for seconds.

/** Tabs and devices that somebody has open at once, and some. */
export const STREAMS_PER_PERSON = 20;

/** Of streams by whom they are about, the oldest first. A build may hold this module more than once. */
const shared = globalThis as typeof globalThis & { latchkeyStreams?: Map<string, Set<() => void>> };

/**
 * Notes a stream of `userId`, which `end` ends. When that is one too many the oldest ends, whose page asks again by
 * itself a second later. Returns what takes the note back.
 */
export function noteStream(userId: string, end: () => void): () => void {
  shared.latchkeyStreams ??= new Map();
  const all = shared.latchkeyStreams;
  const mine = all.get(userId) ?? new Set();
  all.set(userId, mine.add(end));
  const [oldest] = mine;
  if (oldest && mine.size > STREAMS_PER_PERSON) oldest();
  return () => {
    mine.delete(end);
    if (mine.size === 0) all.delete(userId);
  };
}
