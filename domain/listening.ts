// Tells a service that says nothing from one that is slow, or whose callers are: in a rush one late call means little,
// and that no call at all comes back means that the service is away (docs/decisions/034). Pure: time comes in by argument.

export type ListenedCall = {
  /** The service said something to this call, whatever it was. */
  answered(): void;
  /** Nobody waits for this call any more, answered or not. */
  ended(): void;
  /**
   * For how many milliseconds the service has owed every answer: since the first call after its last word was made.
   * Null when it has said anything, to whomever, since this call was made: then it is there.
   */
  silentMs(now: Date): number | null;
};

export type Listening = { begin(now: Date): ListenedCall };

export function createListening(): Listening {
  let answers = 0;
  let underWay = 0;
  let silentSince: number | null = null;

  return {
    begin(now) {
      const answersBefore = answers;
      underWay++;
      silentSince ??= now.getTime();
      return {
        answered() {
          answers++;
          silentSince = null;
        },
        ended() {
          underWay--;
          // While nobody asks, silence says nothing.
          if (underWay === 0) silentSince = null;
        },
        silentMs: (at) =>
          answers > answersBefore || silentSince === null ? null : at.getTime() - silentSince,
      };
    },
  };
}
