// What was typed into the register form, kept in this tab so that a reload or the back button does not lose it.
// Never the password. Forgotten once the address is confirmed.

const KEY = "latchkey.register";

/** Fills empty fields of the form from what this tab remembers. */
export function restoreDraft(form: HTMLFormElement): void {
  withStorage((storage) => {
    const draft: Partial<Record<string, string>> = JSON.parse(storage.getItem(KEY) ?? "{}");
    for (const name of ["username", "email"]) {
      const input = form.elements.namedItem(name);
      if (!(input instanceof HTMLInputElement) || input.value) continue;
      input.value = draft[name] ?? "";
      // Who is in the field is about to type into an empty one: what comes goes over the draft, and not behind it.
      if (input === document.activeElement) input.select();
    }
  });
}

export function saveDraft(form: HTMLFormElement): void {
  const { username, email } = Object.fromEntries(new FormData(form));
  withStorage((storage) => storage.setItem(KEY, JSON.stringify({ username, email })));
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
