"use client";
import { useRouter } from "next/navigation";
import { type FormEvent, useEffect, useRef } from "react";
import { LANGUAGES, NATIVE_NAMES, tagOf } from "@/messages/languages";
import { useTexts } from "./texts-provider";
import { buttonClass } from "./ui/button-class";

/** A choice was made here, and the page is on its way in the other language: the focus stays where it was made. */
let isChosen = false;

/**
 * A form, with and without JavaScript: looking through the list by keyboard changes nothing until the button is pressed
 * (WCAG 2.2, 3.2.2), which is there once another language than the page's is chosen. With it, the words of the page
 * change around what is typed, a password too. `back`: this page. Give it the language as its key: with another one
 * that is what the list stands on.
 */
export function LanguageSwitch({ back }: { back: string }) {
  const { language, t } = useTexts();
  const router = useRouter();
  const select = useRef<HTMLSelectElement>(null);

  useEffect(() => {
    if (isChosen) select.current?.focus();
    isChosen = false;
  }, []);

  async function choose(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const body = new URLSearchParams({ language: select.current?.value ?? language });
    try {
      await fetch("/language", { method: "POST", body, redirect: "manual" });
      isChosen = true;
      // The router would put back the address it knows, and the secret of a mail's link with it (mail-link.ts).
      history.replaceState(null, "", location.href);
      router.refresh();
    } catch {
      // Offline: the page stays as it is.
    }
  }

  return (
    <form
      method="post"
      action="/language"
      onSubmit={(event) => void choose(event)}
      className="flex flex-wrap gap-x-2 text-small text-fg-muted"
    >
      <input type="hidden" name="back" value={back} />
      <select
        ref={select}
        name="language"
        aria-label={t("language.label")}
        defaultValue={language}
        // Some browsers would show a choice that was not made, after the page is loaded anew.
        autoComplete="off"
        className="min-h-11 cursor-pointer rounded-control bg-transparent px-2 [field-sizing:content] hover:text-fg"
      >
        {LANGUAGES.map((each) => (
          <option key={each} value={each} lang={tagOf(each)}>
            {NATIVE_NAMES[each]}
          </option>
        ))}
      </select>
      <button type="submit" className={buttonClass("quiet", "text-small once-chosen")}>
        {t("language.use")}
      </button>
    </form>
  );
}
