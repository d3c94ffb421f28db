// A device as it is kept, "Firefox on Windows", taken apart again for sentences of other languages. Pure.

/** Only systems that people know by name. */
export const SYSTEM_NAMES = ["Windows", "macOS", "iOS", "Android", "Linux", "ChromeOS"] as const;

const BETWEEN = " on ";

export const joinDevice = (browser: string, system: string): string => `${browser}${BETWEEN}${system}`;

/** Null for a name that stands for itself: a program's, or a browser's on a system that it did not tell. */
export function splitDevice(device: string): { browser: string; system: string } | null {
  const system = SYSTEM_NAMES.find((name) => device.endsWith(`${BETWEEN}${name}`));
  if (!system) return null;
  const browser = device.slice(0, -`${BETWEEN}${system}`.length);
  return browser ? { browser, system } : null;
}
