// What was typed into the register form, kept in this tab so that a reload or the back button does not lose it.
// Never the password. Forgotten once the address is confirmed.

const KEY = "latchkey.register";
const FIELDS = ["username", "email"] as const;

/** Fills empty fields of the form from what this tab remembers. */
export function restoreDraft(form: HTMLFormElement): void {
  withStorage((storage) => {
    const draft: Partial<Record<string, unknown>> = JSON.parse(storage.getItem(KEY) ?? "{}");
    for (const name of FIELDS) {
      const input = form.elements.namedItem(name);
      const typed = draft[name];
      if (input instanceof HTMLInputElement && input.value === "" && typeof typed === "string")
        input.value = typed;
    }
  });
}

export function saveDraft(form: HTMLFormElement): void {
  const entries = FIELDS.map((name) => [name, new FormData(form).get(name)]);
  withStorage((storage) => storage.setItem(KEY, JSON.stringify(Object.fromEntries(entries))));
}

export function forgetDraft(): void {
  withStorage((storage) => storage.removeItem(KEY));
}

/** Storage can be off, full, or hold something else; a draft is never worth an error. */
function withStorage(use: (storage: Storage) => void): void {
  try {
    use(sessionStorage);
  } catch {
    // then there is no draft
  }
}
