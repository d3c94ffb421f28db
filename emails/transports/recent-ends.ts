// What an SMTP server has lately said to mails, and how long it took: a rehearsal, which has no mail, ends like one of
// them, drawn at random. Of this process; nothing of any mail is kept.
import type { SendResult } from "../transport";

/** `ms`: from MAIL FROM to the reply to the mail. */
export type End = { result: SendResult; ms: number };
export type RecentEnds = {
  note(end: End): void;
  /** `usedMs`: what MAIL FROM and RCPT TO took; a server that was seen to take no mail yet needs as long for the mail. */
  draw(usedMs: number): End;
};

const KEPT = 16;
/** A server in trouble is in trouble now: older ends count while there are no newer ones. */
const NEW_MS = 60_000;

export function createRecentEnds({
  chance = Math.random,
  nowMs = () => performance.now(),
}: {
  chance?: () => number;
  nowMs?: () => number;
} = {}): RecentEnds {
  const kept: (End & { atMs: number })[] = [];
  return {
    note({ result, ms }) {
      // For good is about that mail or its reader.
      if (result.outcome === "failed" && result.class === "permanent") return;
      kept.push({ result, ms, atMs: nowMs() });
      if (kept.length > KEPT) kept.shift();
    },
    draw(usedMs) {
      const fresh = kept.filter(({ atMs }) => nowMs() - atMs < NEW_MS);
      const from = fresh.length > 0 ? fresh : kept;
      const drawn = from[Math.floor(chance() * from.length)];
      if (drawn) return { result: drawn.result, ms: drawn.ms };
      return { result: { outcome: "accepted", providerMessageId: null }, ms: usedMs * 2 };
    },
  };
}
