import { useEffect, useRef } from "react";
import { useTexts } from "./texts-provider";

/** Calls back when the page's language has changed around it: what a server said is still in the one before. */
export function useLanguageChange(onChange: () => void): void {
  const { language } = useTexts();
  const toldIn = useRef(language);
  useEffect(() => {
    if (toldIn.current === language) return;
    toldIn.current = language;
    onChange();
  });
}
