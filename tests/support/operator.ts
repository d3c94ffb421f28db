// The operator of the product that the browser tests run against.
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "@playwright/test";

export function operatorPassword(): string {
  const folder = process.env.LATCHKEY_DIR ?? ".latchkey/e2e";
  const file = path.resolve(import.meta.dirname, "../..", folder, "secrets.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { opsPassword: string }).opsPassword;
}

export async function signInOperator(page: Page, password = operatorPassword()): Promise<void> {
  await page.goto("/ops/sign-in");
  await page.getByLabel("Operator’s password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}
