// What is known of the app: how it was last taken over, and why it was not.
import { parseJson } from "./json.ts";
import type { Sql } from "./store/database.ts";
import { loadSetting } from "./store/functions.ts";

/** Who began: the engine, by asking the app (in-band), or the app, by registering itself (out-of-band). */
export type SyncKind = "asked" | "registered";

export type SyncState = {
  appName: string | null;
  sdk: string | null;
  framework: string | null;
  /** When the app's functions were last taken over, engine time. */
  syncedAtMs: number | null;
  /** How; null until then. */
  syncKind: SyncKind | null;
  /** When the engine last asked, engine time, whatever came of it. */
  askedAtMs: number | null;
  /** Why the last attempt did not work; null when it did. */
  error: string | null;
  /** Since when that has been so, engine time. */
  errorSinceMs: number | null;
  isReachable: boolean;
};

export const UNKNOWN: SyncState = {
  appName: null,
  sdk: null,
  framework: null,
  syncedAtMs: null,
  syncKind: null,
  askedAtMs: null,
  error: "The app has not answered yet.",
  errorSinceMs: null,
  isReachable: false,
};

/** The app of an earlier life of the engine, so that the page and ids are right before the app answers. */
export async function loadApp(
  sql: Sql,
): Promise<Pick<SyncState, "appName" | "sdk" | "framework"> | undefined> {
  const stored = parseJson((await loadSetting(sql, "app")) ?? "null");
  if (typeof stored !== "object" || stored === null) return undefined;
  const text = (key: string): string | null => {
    const value = (stored as { [key: string]: unknown })[key];
    return typeof value === "string" ? value : null;
  };
  return { appName: text("appName"), sdk: text("sdk"), framework: text("framework") };
}
