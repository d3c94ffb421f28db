// `npm run ops` as a process of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { expect, test } from "vitest";
import { completeEnvironment } from "@/tests/support/environment";
import { useTestDatabase } from "@/tests/support/use-services";

const database = useTestDatabase();
const root = path.resolve(import.meta.dirname, "../../..");

test("who has seen enough of what a command prints (`| head -1`) ends nothing with an error", async () => {
  const child = spawn(process.execPath, ["--import", "tsx", "cli/ops/main.ts", "stats"], {
    cwd: root,
    env: {
      ...process.env,
      ...completeEnvironment,
      NODE_ENV: "development",
      APP_URL: "http://localhost:3000",
      DATABASE_URL: database.url,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr.on("data", (chunk) => {
    complaints += String(chunk);
  });
  child.stdout.destroy();
  const [code] = await once(child, "close");
  expect({ code, complaints }).toEqual({ code: 0, complaints: "" });
});
