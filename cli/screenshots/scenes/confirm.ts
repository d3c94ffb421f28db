// The confirm page in every state that a mail and its code can be in.
import type { Page } from "@playwright/test";
import { readCode } from "../../chaos/inbox";
import type { Fault, Registered, Stage } from "../stage";
import { signInOperator } from "./operators";
import type { Scene } from "./scene";

/** A state of the mail: who registers, what the provider does, and when the page is looked at. */
type MailScene = Pick<Scene, "name" | "title" | "isMirrored" | "isKey"> & {
  /** Of the address, before "@"; what stands behind a plus steers the mail stand-in (local/mail/tags.ts). */
  who: string;
  domain?: string;
  fault?: Fault;
  status: string;
  seconds: number;
  /** The state passes by itself: the page stays at it. */
  isPassing?: boolean;
};

function makeMailScene({
  who,
  domain,
  fault,
  status,
  seconds,
  isPassing = false,
  ...scene
}: MailScene): Scene {
  return {
    ...scene,
    async play(stage) {
      if (fault) await stage.setFault(fault);
      const registered = await stage.register(who, domain ? { domain } : {});
      return stage.openConfirm(registered, { seconds, status, hold: isPassing });
    },
    after: (stage) => stage.setFault(null),
  };
}

const MAIL_SCENES: readonly Scene[] = (
  [
    {
      ...{ name: "sending", title: "Sending", who: "grace", fault: "slow" as const },
      ...{ status: "sending", seconds: 3, isPassing: true },
    },
    {
      ...{
        name: "retrying",
        isKey: true,
        title: "Retrying, with the time of the next try",
        isMirrored: true,
      },
      ...{ who: "hedy", fault: "refuse" as const, status: "retrying", seconds: 4 },
    },
    { name: "sent", title: "Sent", who: "mary", status: "sent", seconds: 3, isPassing: true },
    {
      ...{ name: "delivered", isKey: true, title: "Delivered, with a way to the mailbox", isMirrored: true },
      ...{ who: "ida", domain: "gmail.com", status: "delivered", seconds: 8 },
    },
    {
      name: "delayed",
      title: "Delayed",
      who: "joan+delay",
      status: "sent/delayed",
      seconds: 5,
      isPassing: true,
    },
    {
      ...{
        name: "bounced",
        isKey: true,
        title: "Came back, with the form for another address",
        isMirrored: true,
      },
      ...{ who: "radia", fault: "bounce" as const, status: "bounced", seconds: 6 },
    },
    {
      ...{ name: "came-back-for-now", title: "Came back because the mailbox is full" },
      ...{ who: "rosalind+softbounce", status: "bounced", seconds: 6 },
    },
    {
      ...{ name: "refused", title: "Refused for good, with the form for another address" },
      ...{ who: "katherine", fault: "reject" as const, status: "failed", seconds: 6 },
    },
    { name: "complained", title: "Marked as spam", who: "lynn+complain", status: "complained", seconds: 9 },
    {
      name: "suppressed",
      title: "Not sent any more",
      who: "karen+suppress",
      status: "suppressed",
      seconds: 6,
    },
  ] satisfies MailScene[]
).map(makeMailScene);

/** Longer than a picture takes. */
const AWAY_MS = 120_000;

/** Somebody whose mail has arrived. */
export async function arrive(stage: Stage, who: string, seconds = 8): Promise<Registered> {
  const registered = await stage.register(who);
  await stage.openConfirm(registered, { seconds, status: "delivered" });
  return registered;
}

async function typeWrongCodes({ page, readMail }: Registered, count: number): Promise<Page> {
  const code = readCode(await readMail());
  const wrong = code === "000000" ? "000001" : "000000";
  for (let tries = 0; tries < count; tries++) {
    const answered = page.waitForResponse("**/confirm-email");
    await page.locator("#code").fill(wrong);
    await answered;
    await page.waitForSelector("#code[aria-invalid]:not([readonly])");
  }
  return page;
}

/** With the next one the wait is four minutes (domain/confirmation-code.ts). */
const WRONG_BEFORE = 22;

/** So many tabs of a browser hear of changes at once (components/stream-slots.ts). */
const LISTENING_MAX = 3;

/** A mail that nobody takes up: the engine is away. */
async function openQueued(stage: Stage, who: string, seconds: number): Promise<Page> {
  const registered = await stage.register(who);
  stage.product.engine.part.freeze(AWAY_MS).catch(() => {});
  return stage.openConfirm(registered, { seconds, status: "queued", hold: true });
}

/** An operator calls off the mail; its state says whether that was taken. */
async function callOff(stage: Stage, { page }: Registered): Promise<void> {
  const answer = await page.request.get("/api/v1/usr/confirmation");
  const { delivery } = (await answer.json()) as { delivery: { id: string } };
  const operator = await signInOperator(stage);
  await operator.request.post("/api/ops/cancel", {
    headers: { origin: stage.product.url },
    form: { delivery: delivery.id },
  });
}

async function letEngineGoOn({ product }: Stage): Promise<void> {
  product.engine.part.thaw();
  await product.engine.part.settled();
}

const QUEUED: Scene = {
  name: "queued",
  title: "Queued",
  play: (stage) => openQueued(stage, "ada", 1),
  after: letEngineGoOn,
};

const CODE_SCENES: readonly Scene[] = [
  {
    name: "failed",
    title: "Failed, after six attempts",
    async play(stage) {
      await stage.setFault("refuse");
      const registered = await stage.register("shafi");
      await stage.passRetries();
      return stage.openConfirm(registered, { seconds: 1_960, status: "failed" });
    },
    after: (stage) => stage.setFault(null),
  },
  {
    name: "called-off",
    title: "Called off by an operator before it was sent",
    async play(stage) {
      const registered = await stage.register("agnes");
      stage.product.engine.part.freeze(AWAY_MS).catch(() => {});
      await callOff(stage, registered);
      return stage.openConfirm(registered, { seconds: 20, status: "cancelled" });
    },
    after: letEngineGoOn,
  },
  {
    name: "queue-away",
    title: "The queue is away",
    play: (stage) => openQueued(stage, "frances", 25),
    after: letEngineGoOn,
  },
  {
    name: "typing",
    title: "Typing the code",
    async play(stage) {
      const { page } = await arrive(stage, "annie");
      await page.locator("#code").pressSequentially("4071");
      return page;
    },
  },
  {
    name: "wrong-code",
    title: "A wrong code",
    isMirrored: true,
    play: async (stage) => typeWrongCodes(await arrive(stage, "dorothy"), 1),
  },
  {
    name: "no-tries-left",
    title: "Five wrong codes",
    play: async (stage) => typeWrongCodes(await arrive(stage, "evelyn"), 5),
  },
  {
    name: "codes-wait",
    title: "Too many wrong codes over several mails: the next one has to wait",
    isMirrored: true,
    async play(stage) {
      const registered = await arrive(stage, "williamina");
      await stage.countWrongCodes(registered, WRONG_BEFORE);
      const page = await typeWrongCodes(registered, 1);
      // What is said of that code stands in the place of how long the wait is, until the page is looked at anew.
      await page.reload();
      await page.waitForSelector("html[data-told]");
      return page;
    },
  },
  {
    name: "code-expired",
    title: "The code has expired",
    play: async (stage) => (await arrive(stage, "jean", 3 * 3600)).page,
  },
  {
    name: "resend",
    title: "Another code may be asked for",
    play: async (stage) => (await arrive(stage, "kathleen", 75)).page,
  },
  {
    name: "change-address",
    title: "Changing the address",
    async play(stage) {
      const { page } = await arrive(stage, "margaret");
      await page.locator("summary").click();
      await page.locator('[name="email"]').fill("margaret@gmial.com");
      await page.locator("h1").click();
      return page;
    },
  },
  {
    name: "confirm-offline",
    title: "No connection",
    async play(stage) {
      const { page } = await arrive(stage, "megan");
      await page.context().setOffline(true);
      await page.evaluate(() => window.dispatchEvent(new Event("offline")));
      return page;
    },
  },
  {
    name: "confirm-fourth-tab",
    title: "The fourth tab of a browser: it reads every few seconds",
    async play(stage) {
      const registered = await stage.register("henrietta");
      const { page } = registered;
      for (let count = 1; count <= LISTENING_MAX; count++) {
        const tab = await page.context().newPage();
        await tab.goto("/confirm");
        await tab.waitForFunction(
          async (wanted) => (await navigator.locks.query()).held?.length === wanted,
          count,
        );
      }
      return stage.openConfirm(registered, { seconds: 8, status: "delivered" });
    },
  },
  {
    name: "confirm-without-script",
    title: "Without JavaScript",
    async play(stage) {
      const { page, readMail } = await stage.register("stephanie", { javaScript: false });
      await readMail();
      await page.goto("/confirm");
      return page;
    },
  },
];

export const CONFIRM_SCENES: readonly Scene[] = [QUEUED, ...MAIL_SCENES, ...CODE_SCENES];
