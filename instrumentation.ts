// Next calls register() once in each server process, before the first request.

export async function register(): Promise<void> {
  // Next inlines this one; it keeps the server's code out of the edge bundle.
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { watchPeers } = await import("./app/_http/peer-address");
  watchPeers();
  const { readOddRequests } = await import("./app/_http/odd-requests");
  readOddRequests();
  const { refuseSlowBodies } = await import("./app/_http/slow-bodies");
  refuseSlowBodies();
  const { startServerProcess } = await import("./inngest/server-process");
  await startServerProcess();
  const { watchRequests } = await import("./app/_http/watch-requests");
  watchRequests();
  const { env } = await import("./env");
  // While one develops, Next tells its pages of changes that way, and brings the handlers up to date; these here would
  // stay as they were.
  if (env().NODE_ENV === "development") return;
  const { ignoreUpgrades } = await import("./app/_http/upgrade-requests");
  ignoreUpgrades();
  if (env().DIRECT_CALLS === "off") return;
  const { answerDirectly } = await import("./app/_http/direct-calls");
  answerDirectly();
}
