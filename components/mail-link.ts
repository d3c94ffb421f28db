// The part of a mail's link that no server may see: it stands behind the "#". Read once and taken out of the address bar,
// so that it is in no history, bookmark or screenshot; kept for this tab, so that a reload still works.
import { useEffect, useState } from "react";

const KEY = "latchkey.mail-link";

/** What stood behind the "#"; undefined until the page runs in a browser, null when there was nothing. */
export function useMailLink(): string | null | undefined {
  const [link, setLink] = useState<string | null>();
  useEffect(() => {
    const read = () => setLink(takeMailLink(window));
    read();
    // Another link of ours, opened in the same tab: only the part behind the "#" changes, and nothing is loaded.
    window.addEventListener("hashchange", read);
    return () => window.removeEventListener("hashchange", read);
  }, []);
  return link;
}

type Place = {
  location: Pick<Location, "hash" | "pathname" | "search">;
  history: Pick<History, "replaceState" | "state">;
  sessionStorage: Pick<Storage, "getItem" | "setItem">;
};

/** Takes the link out of the address bar, and remembers it for this tab and this page. */
export function takeMailLink({ location, history, sessionStorage }: Place): string | null {
  const key = `${KEY}:${location.pathname}`;
  const given = location.hash.replace(/^#/, "");
  try {
    if (given === "") return sessionStorage.getItem(key);
    sessionStorage.setItem(key, given);
  } catch {
    // Storage is switched off: the link then stays in the address bar, where a reload finds it.
    return given === "" ? null : given;
  }
  // Behind the router's back: it would make the page's tab title be read out a second time. What moves it later tells it.
  history.replaceState(history.state, "", location.pathname + location.search);
  return given;
}
