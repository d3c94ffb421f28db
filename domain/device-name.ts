// The words by which people know their own browsers in a list: "Firefox on Windows". No version, no model: the list
// needs none, and what is not kept cannot be lost.
import Bowser from "bowser";
import { joinDevice, type SYSTEM_NAMES } from "./device-words";

const NAME_MAX = 60;

/** A browser and its system, or a program's own name; null when the header says nothing readable. */
export function describeDevice(userAgent: string | null): string | null {
  if (!userAgent) return null;
  const { browser, os } = Bowser.parse(userAgent.slice(0, 500));
  const system = os.name && SYSTEMS[os.name];
  // Programs put their name first: "curl/8.5.0", "okhttp/4.12". A browser says "Mozilla/5.0" there.
  const [program = ""] = userAgent.split(/[\s/(;]/);
  const name = browser.name || (program === "Mozilla" ? "" : program);
  const words = name && system ? joinDevice(name, system) : name || system || "";
  const readable = words.replace(/[^\p{L}\p{N} .+_-]+/gu, "").trim();
  return readable.slice(0, NAME_MAX) || null;
}

/** What Bowser calls them. */
const SYSTEMS: Record<string, (typeof SYSTEM_NAMES)[number]> = {
  Windows: "Windows",
  macOS: "macOS",
  iOS: "iOS",
  Android: "Android",
  Linux: "Linux",
  "Chrome OS": "ChromeOS",
};
