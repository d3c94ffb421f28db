// A state in one word, coloured by what it means.
const LOOKS = {
  live: "bg-live-bg text-live-fg",
  waiting: "bg-waiting-bg text-waiting-fg",
  done: "bg-done-bg text-done-fg",
  bad: "bg-bad-bg text-bad-fg",
  idle: "bg-sunken text-fg-muted",
} as const;

export type Tone = keyof typeof LOOKS;

export function Badge({ tone, text }: { tone: Tone; text: string }) {
  return (
    <span className={`inline-block rounded-control px-2 py-0.5 text-small font-medium ${LOOKS[tone]}`}>
      {text}
    </span>
  );
}
