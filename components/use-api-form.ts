import { type FocusEvent, type FormEvent, type RefObject, useEffect, useRef, useState } from "react";
import type { Problem } from "@/app/_http/problem";
import { type ApiResult, isSessionOver, postJson } from "./api-client";
import { startAnew } from "./go-to";
import type { Check } from "./register-rules";
import { useTexts } from "./texts-provider";
import { useHydrated } from "./use-hydrated";
import { useLanguageChange } from "./use-language-change";
import { useOnline } from "./use-online";

/** `leaving`: accepted, and the next page is on its way; nothing may be sent again. */
type Phase = "idle" | "sending" | "leaving";

/** What stands over the whole form. */
export type FormNote = { text: string; retryAtMs: number | null; isUnsent?: boolean };

export type ApiForm<Name extends string> = {
  isBusy: boolean;
  errors: Record<Name, string | null>;
  note: FormNote | null;
  /** Why the form came back without JavaScript, until it is sent again. */
  refusal: Problem | null;
  /** Spread on <form>. */
  formProps: {
    ref: RefObject<HTMLFormElement | null>;
    method: "post";
    action: string;
    noValidate: boolean;
    onSubmit: (event: FormEvent<HTMLFormElement>) => void;
    onBlur: (event: FocusEvent<HTMLFormElement>) => void;
    onInput: (event: FormEvent<HTMLFormElement>) => void;
  };
};

/**
 * A form that posts its fields to the API as JSON, and as itself while there is no JavaScript. The inputs keep their own
 * values, so what was typed before the script arrived, or before an error, stays. A field is judged when it is left,
 * and while it is wrong at each key; sending twice at once is impossible.
 */
export function useApiForm<Name extends string, Data>(options: {
  action: string;
  checks: Record<Name, Check>;
  /** Why the form came back without JavaScript, or null. */
  refusal: Problem | null;
  onDone: (data: Data) => void;
}): ApiForm<Name> {
  const { action, checks, refusal, onDone } = options;
  const { t } = useTexts();
  const names = Object.keys(checks) as Name[];
  const form = useRef<HTMLFormElement>(null);
  const isUnderWay = useRef(false);
  const [phase, setPhase] = useState<Phase>("idle");
  const [errors, setErrors] = useState(() => fieldErrors(names, refusal));
  const [isRefusalOver, setRefusalOver] = useState(false);
  const [note, setNote] = useState<FormNote | null>(null);
  const isHydrated = useHydrated();
  useOnline(() => setNote((told) => (told?.isUnsent ? null : told)));

  useEffect(() => {
    // Back from the next page by the browser's cache: the form is as it was left, and may be sent again.
    const revive = (event: PageTransitionEvent) => {
      if (!event.persisted) return;
      isUnderWay.current = false;
      setPhase("idle");
    };
    addEventListener("pageshow", revive);
    return () => removeEventListener("pageshow", revive);
  }, []);

  useLanguageChange(() => {
    setNote(null);
    // What the server said is not known in the other language; it says it again.
    for (const name of names) judge(name, false);
  });

  const inputOf = (name: Name) => {
    const input = form.current?.elements.namedItem(name);
    return input instanceof HTMLInputElement ? input : null;
  };
  const typedValue = (name: Name) => inputOf(name)?.value ?? "";

  function showErrors(found: Record<Name, string | null>): boolean {
    setErrors(found);
    const first = names.find((name) => found[name]);
    if (first) inputOf(first)?.focus();
    return first !== undefined;
  }

  function refuse(result: Exclude<ApiResult<Data>, { outcome: "done" }>): void {
    isUnderWay.current = false;
    setPhase("idle");
    if (isSessionOver(result)) startAnew();
    else if (result.outcome === "unreachable")
      setNote({ text: t("common.unreachable"), retryAtMs: null, isUnsent: true });
    else if (!showErrors(fieldErrors(names, result.problem)))
      setNote({ text: result.problem.detail, retryAtMs: result.retryAtMs });
  }

  async function send(): Promise<void> {
    const values = Object.fromEntries(names.map((name) => [name, typedValue(name)])) as Record<Name, string>;
    const found = mapNames(names, (name) => checks[name](values[name]));
    setNote(null);
    setRefusalOver(true);
    if (showErrors(found)) return;
    isUnderWay.current = true;
    setPhase("sending");
    const result = await postJson<Data>(action, values);
    if (result.outcome !== "done") return refuse(result);
    setPhase("leaving");
    onDone(result.data);
  }

  function judge(name: string, isLeaving: boolean): void {
    const known = names.find((candidate) => candidate === name);
    if (!known) return;
    const value = typedValue(known);
    // A field that was only passed through is not wrong yet; submitting says so if it stays empty.
    if (isLeaving ? value === "" && !errors[known] : !errors[known]) return;
    setErrors((before) => ({ ...before, [known]: checks[known](value) }));
  }

  return {
    isBusy: phase !== "idle",
    errors,
    note,
    refusal: isRefusalOver ? null : refusal,
    formProps: {
      ref: form,
      method: "post",
      action,
      noValidate: isHydrated,
      onSubmit: (event) => {
        event.preventDefault();
        if (!isUnderWay.current) void send();
      },
      onBlur: (event) => {
        const { target, relatedTarget } = event;
        // To "Show password" and back is still the same field.
        const isStaying =
          relatedTarget instanceof HTMLElement && relatedTarget.getAttribute("aria-controls") === target.id;
        if (target instanceof HTMLInputElement && !isStaying) judge(target.name, true);
      },
      onInput: (event) => {
        if (event.target instanceof HTMLInputElement) judge(event.target.name, false);
      },
    },
  };
}

function fieldErrors<Name extends string>(
  names: Name[],
  problem: Problem | null,
): Record<Name, string | null> {
  return mapNames(names, (name) => problem?.errors?.find((error) => error.field === name)?.detail ?? null);
}

function mapNames<Name extends string>(
  names: Name[],
  map: (name: Name) => string | null,
): Record<Name, string | null> {
  return Object.fromEntries(names.map((name) => [name, map(name)])) as Record<Name, string | null>;
}
