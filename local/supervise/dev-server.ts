// The real Inngest Dev Server, from the optional package inngest-cli: only where its binary could be downloaded.
import { accessSync, constants } from "node:fs";
import path from "node:path";

/** The binary's path; null when the package or its download is missing. */
export function findDevServer(root: string): string | null {
  const binary = path.join(
    root,
    "node_modules/inngest-cli/bin",
    process.platform === "win32" ? "inngest.exe" : "inngest",
  );
  try {
    accessSync(binary, constants.X_OK);
    return binary;
  } catch {
    return null;
  }
}

/** Arguments of `inngest dev`: our app alone, no search for others (inngest.com/docs/dev-server). */
export function devServerArguments(appUrl: string, port: number): string[] {
  return ["dev", "--no-discovery", "--host", "127.0.0.1", "--port", String(port), "-u", appUrl];
}
