"use client";
import { LANGUAGES, NATIVE_NAMES, tagOf } from "@/messages/languages";
import { useTexts } from "./texts-provider";
import { buttonClass } from "./ui/button-class";
import { useHydrated } from "./use-hydrated";

/** A form without JavaScript; with it, a choice takes effect at once and the page keeps its fragment. `back`: this page. */
export function LanguageSwitch({ back }: { back: string }) {
  const { language, t } = useTexts();
  const isHydrated = useHydrated();

  async function choose(chosen: string): Promise<void> {
    const body = new URLSearchParams({ language: chosen });
    // Offline, or refused: the page stays as it is.
    await fetch("/language", { method: "POST", body, redirect: "manual" }).catch(() => null);
    location.reload();
  }

  return (
    <form method="post" action="/language" className="flex items-center gap-2 text-small text-fg-muted">
      <input type="hidden" name="back" value={back} />
      <select
        name="language"
        aria-label={t("language.label")}
        defaultValue={language}
        onChange={(event) => isHydrated && choose(event.currentTarget.value)}
        className="min-h-11 cursor-pointer rounded-control bg-transparent px-2 [field-sizing:content] hover:text-fg"
      >
        {LANGUAGES.map((each) => (
          <option key={each} value={each} lang={tagOf(each)}>
            {NATIVE_NAMES[each]}
          </option>
        ))}
      </select>
      {/* Not taken away by the script: the page would move. */}
      <noscript>
        <button type="submit" className={buttonClass("quiet", "text-small")}>
          {t("language.use")}
        </button>
      </noscript>
    </form>
  );
}
