// Waiting for a condition, never for a time.

/** Asks again every few milliseconds until the answer is neither false nor null; fails with the question. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | false> | T | null | false,
  timeoutMs = 25_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  throw new Error(`Waited ${timeoutMs} ms in vain until ${what}.`);
}
