// Next calls register() once in each server process, before the first request.

export async function register(): Promise<void> {
  // Next inlines this one; it keeps the server's code out of the edge bundle.
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { prepareServerProcess } = await import("./app/_http/server-process");
  await prepareServerProcess();
}
