// What a server process begins with, before its first request. One file, and loaded as one: each that Next's start-up
// hook loads by itself would bring a copy of what they have in common (docs/decisions/033).
import { env } from "@/env";
import { startServerProcess } from "@/inngest/server-process";
import { readOddRequests } from "./odd-requests";
import { watchPeers } from "./peer-address";
import { refuseSlowBodies } from "./slow-bodies";
import { ignoreUpgrades } from "./upgrade-requests";
import { warmPages } from "./warm-pages";
import { watchRequests } from "./watch-requests";

/** Called once. A process that is not configured says what is missing, and ends. */
export async function prepareServerProcess(): Promise<void> {
  watchPeers();
  readOddRequests();
  refuseSlowBodies();
  // Next compiles a page at its first request while one develops: no start waits for that.
  await startServerProcess(async () => {
    if (env().NODE_ENV === "production") await warmPages(env().PORT);
  });
  watchRequests();
  // While one develops, Next tells its pages of changes that way, and brings the handlers up to date; these here would
  // stay as they were.
  if (env().NODE_ENV === "development") return;
  ignoreUpgrades();
  if (env().DIRECT_CALLS === "off") return;
  const { answerDirectly } = await import("./direct-calls");
  answerDirectly();
}
