// Work that nobody waits for gives way to people who wait: in a rush of registrations the processors belong to those
// who look at the page, and mails leave a little later (promise P1; docs/decisions/033).

export type GiveWay = {
  /** Settles at once while nobody waits; otherwise when it is this one's turn, first come, first served. */
  turn(): Promise<void>;
};

/** Looked at so often while work stands in line. */
const LOOK_EVERY_MS = 20;

/**
 * `isBusy`: whether people wait. While they do, each piece of work waits `patienceMs` and no longer; once they do not,
 * `atOnce` pieces go on at each look, so that those who come next do not meet all of them.
 */
export function createGiveWay(options: {
  isBusy: () => boolean;
  patienceMs: number;
  atOnce: number;
  nowMs?: () => number;
}): GiveWay {
  const { isBusy, patienceMs, atOnce, nowMs = () => performance.now() } = options;
  const line: { since: number; go: () => void }[] = [];
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    const free = isBusy() ? 0 : atOnce;
    for (let gone = 0; line[0] && (gone < free || nowMs() - line[0].since >= patienceMs); gone++)
      line.shift()?.go();
    if (line.length > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    turn() {
      if (line.length === 0 && !isBusy()) return Promise.resolve();
      timer ??= setInterval(look, LOOK_EVERY_MS);
      return new Promise((resolve) => line.push({ since: nowMs(), go: resolve }));
    },
  };
}
