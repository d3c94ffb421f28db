// Statements of one transaction that need nothing of each other's answers go to the server together (docs/decisions/033).

type Results<Work extends readonly (() => unknown)[]> = {
  -readonly [Index in keyof Work]: Awaited<ReturnType<Work[Index]>>;
};

/**
 * Begins all of them, waits for all, then gives what they gave, or throws what the first one in the list that failed
 * by itself threw. Each is a statement, or an async function that awaits its statements. The first statement of each reaches the
 * server after those of the ones before it, and may rely on them; what a function asks after that comes later. Nothing
 * of the list is under way any more when this settles, so that no statement is left over for after the transaction.
 */
export async function inOneRoundTrip<const Work extends readonly (() => unknown)[]>(
  work: Work,
): Promise<Results<Work>> {
  const results = await Promise.allSettled(work.map(async (begin) => begin()));
  const failed = results.filter((result) => result.status === "rejected");
  const cause = failed.find(({ reason }) => !isConsequence(reason)) ?? failed[0];
  if (cause) throw cause.reason;
  const values = results.map((result) => (result.status === "fulfilled" ? result.value : undefined));
  return values as Results<Work>;
}

/** SQLSTATE 25P02: another statement of the transaction had failed before. */
function isConsequence(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ((cause as NodeJS.ErrnoException).code === "25P02") return true;
  return false;
}
