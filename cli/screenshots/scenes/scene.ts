// What a scene is: a state of the product, and the way there.
import type { Page } from "@playwright/test";
import { readCode } from "../../chaos/inbox";
import type { Registered, Stage } from "../stage";

export type Scene = {
  /** Of the file, and unique. */
  name: string;
  /** What is seen, for the list of pictures. */
  title: string;
  /** Kept on both screens by day and by night; the others on a phone by day and on a desktop by night. */
  isKey?: boolean;
  /** Also taken from right to left. */
  isMirrored?: boolean;
  /** In English alone: pages for operators and developers, which are long lists; the picture is of their beginning. */
  isEnglish?: boolean;
  /** Brings the page there. The picture is of what it shows then. */
  play(stage: Stage): Promise<Page>;
  /** Undoes what would disturb the next scene. */
  after?(stage: Stage): Promise<void>;
};

/** Fills fields by their names, which are the same in every language, and leaves the last one. */
export async function fill(page: Page, values: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(values)) await page.locator(`[name="${name}"]`).fill(value);
  await page.locator("h1").click();
}

/** Presses the button of the form that holds this field. */
export const submit = (page: Page, field: string) =>
  page.locator(`form:has([name="${field}"]) button[type="submit"]`).click();

/** Confirms with the code of the mail, beside the page: its browser has the account's session then. */
export async function confirm({ product }: Stage, { page, readMail }: Registered): Promise<void> {
  const answer = await page.request.post("/api/v1/usr/confirm-email", {
    headers: { origin: product.url },
    data: { code: readCode(await readMail()) },
  });
  if (!answer.ok()) throw new Error(`The code was refused: ${answer.status()}`);
}
