// What the doctor says of one thing it looked at.

export type Level = "ok" | "warning" | "problem";
export type Part =
  | "environment"
  | "database"
  | "engine"
  | "mail"
  | "webhooks"
  | "intercom"
  | "canary"
  | "traces"
  | "send";

export type Finding = {
  part: Part;
  level: Level;
  /** What is so, in a sentence; never a secret. */
  says: string;
  /** How to mend it, in a sentence; null when there is nothing to mend. */
  mend: string | null;
};

export const ok = (part: Part, says: string): Finding => ({ part, level: "ok", says, mend: null });
export const warning = (part: Part, says: string, mend: string): Finding => ({
  part,
  level: "warning",
  says,
  mend,
});
export const problem = (part: Part, says: string, mend: string): Finding => ({
  part,
  level: "problem",
  says,
  mend,
});

/** Exit code of the command: warnings are no reason to stop a roll-out. */
export const exitCodeOf = (findings: readonly Finding[]): 0 | 1 =>
  findings.some(({ level }) => level === "problem") ? 1 : 0;

/** For people: a line for each, and under it how to mend it. */
export function describeFindings(findings: readonly Finding[]): string {
  const lines: string[] = [];
  let part: Part | null = null;
  for (const finding of findings) {
    if (finding.part !== part) lines.push(...(part === null ? [] : [""]), finding.part);
    part = finding.part;
    lines.push(`  ${finding.level.padEnd(8)} ${finding.says}`);
    if (finding.mend !== null) lines.push(`${" ".repeat(11)}→ ${finding.mend}`);
  }
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  lines.push("", `${count("ok")} ok, ${count("warning")} to look at, ${count("problem")} to mend.`);
  return lines.join("\n");
}
