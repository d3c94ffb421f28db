// Reads the form of the fault dial. What was typed is kept, so that a refused form can be shown again as it was.
import { Dial, FAULT_KINDS, type Fault, type FaultKind } from "../faults.ts";

/** The form's fields as text, by name. */
export type FaultsForm = Record<string, string>;

export const percentField = (kind: FaultKind) => `percent_${kind}`;

export function formOfDial(dial: Dial): FaultsForm {
  const form: FaultsForm = {
    seed: dial.seed,
    draw: dial.draw,
    limit_per_second: dial.limit_per_second === null ? "" : String(dial.limit_per_second),
  };
  for (const fault of dial.faults) {
    form[percentField(fault.kind)] = String(fault.percent);
    if (fault.retry_after_seconds !== undefined) form.retry_after_seconds = String(fault.retry_after_seconds);
    if (fault.delay_ms !== undefined) form.delay_ms = String(fault.delay_ms);
    if (fault.period !== undefined) form.period = fault.period;
  }
  return form;
}

export function readFaultsForm(body: Record<string, unknown>): {
  form: FaultsForm;
  result: { ok: true; dial: Dial } | { ok: false; problems: string[] };
} {
  const form: FaultsForm = {};
  for (const [name, value] of Object.entries(body))
    if (typeof value === "string") form[name] = value.slice(0, 200);
  const number = (name: string) => (form[name]?.trim() ? Number(form[name].replace(",", ".")) : undefined);
  const faults: Partial<Fault>[] = [];
  for (const kind of FAULT_KINDS) {
    const percent = number(percentField(kind));
    if (percent === undefined || percent === 0) continue;
    faults.push({
      kind,
      percent,
      ...(kind === "rate_limit" && { retry_after_seconds: number("retry_after_seconds") }),
      ...(kind === "slow" && { delay_ms: number("delay_ms") }),
      ...(kind === "quota" && form.period === "monthly" && { period: "monthly" }),
    });
  }
  const parsed = Dial.safeParse({
    faults,
    seed: form.seed || undefined,
    draw: form.draw || undefined,
    limit_per_second: number("limit_per_second") ?? null,
  });
  if (parsed.success) return { form, result: { ok: true, dial: parsed.data } };
  const problems = parsed.error.issues.map(({ path, message }) => {
    const fault = path[0] === "faults" && typeof path[1] === "number" ? faults[path[1]] : undefined;
    const where = fault ? [fault.kind, ...path.slice(2)].join(" ") : path.join(" ");
    return where && where !== "faults" ? `${where.replaceAll("_", " ")}: ${message}` : message;
  });
  return { form, result: { ok: false, problems } };
}
