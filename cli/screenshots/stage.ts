// Where scenes play: a browser of their own for each person, and what can be done to the product around it.
import type { Browser, BrowserContext, Page } from "@playwright/test";
import { openDatabase } from "@/db/client";
import { countWrongCode, findNewestUserByEmail } from "@/db/users";
import { addSeconds } from "@/domain/clock";
import { DEFAULT_LANGUAGE, type Language, localeOf, tagOf } from "@/messages/languages";
import { waitForMail } from "../chaos/inbox";
import { settle } from "../chaos/settle";
import { registerVisitor } from "../product/chromium";
import type { Product } from "../product/product";
import { setPageClock, ZONE } from "./page-clock";
import type { Receiver } from "./receiver";

export type Fault = "slow" | "refuse" | "reject" | "bounce";

/** Somebody who registered, and the page in front of them. */
export type Registered = {
  page: Page;
  email: string;
  /** When, ISO 8601. */
  at: string;
  /** The mail with the code; waits for it. */
  readMail(): Promise<{ text: string }>;
};

export type Stage = {
  product: Product;
  language: Language;
  /** What `register` calls somebody of this name. */
  usernameOf(name: string): string;
  /** A browser without a history. */
  newPage(options?: { javaScript?: boolean }): Promise<Page>;
  /** Registers, as the page's form does. `name` is the person's, and the part of the address before "@". */
  register(name: string, options?: { domain?: string; javaScript?: boolean }): Promise<Registered>;
  /**
   * The confirm page of somebody, `seconds` after they registered, once the mail has come to `status`; with `hold` it
   * stays there, whatever comes after it.
   */
  openConfirm(who: Registered, at: { seconds: number; status?: string; hold?: boolean }): Promise<Page>;
  /** A page that knows no confirmation shows a time too, from its next load on. */
  setClock(page: Page, at: string | null, seconds: number): Promise<void>;
  /** Time passes until no try of any mail is planned any more. */
  passRetries(): Promise<void>;
  /** What the mail provider does from now on; null: all it should. */
  setFault(kind: Fault | null): Promise<void>;
  /** As if this many wrong codes had been typed a day ago: they take several mails, which come minutes apart. */
  countWrongCodes(who: Registered, count: number): Promise<void>;
  /** Who is told by webhooks takes none from now on, or all. */
  setReceiverAway(isAway: boolean): void;
  /** Closes what the scene opened. */
  clear(): Promise<void>;
};

const MAIL_PATIENCE_MS = 30_000;
const PATIENCE_MS = 20_000;
const SETTLE_MS = 120_000;
/** Long enough to be seen sending, on a slow machine too. */
const SLOW_MS = 9_000;

/** `take`: which try this is; the people of a further one need names of their own. */
export function createStage({
  browser,
  product,
  receiver,
  language,
  take,
}: {
  browser: Browser;
  product: Product;
  receiver: Receiver;
  language: Language;
  take: number;
}): Stage {
  const contexts: BrowserContext[] = [];
  const usernameOf = (name: string) =>
    [name, ...(language === DEFAULT_LANGUAGE ? [] : [language]), ...(take === 1 ? [] : [take])].join("-");

  async function newPage({ javaScript = true }: { javaScript?: boolean } = {}): Promise<Page> {
    const context = await browser.newContext({
      baseURL: product.url,
      javaScriptEnabled: javaScript,
      locale: localeOf(language),
      extraHTTPHeaders: { "accept-language": tagOf(language) },
      timezoneId: ZONE,
      reducedMotion: "reduce",
      viewport: { width: 1280, height: 800 },
    });
    contexts.push(context);
    context.setDefaultTimeout(PATIENCE_MS);
    return context.newPage();
  }

  return {
    product,
    language,
    usernameOf,
    newPage,
    async register(name, { domain = "example.com", javaScript = true } = {}) {
      const page = await newPage({ javaScript });
      // A mailbox of its own each time: what became of one mail to it is remembered.
      const [person = "", ...tags] = name.split("+");
      const username = usernameOf(person);
      const email = `${[username, ...tags].join("+")}@${domain}`;
      const at = await registerVisitor(page, username, email, product.url);
      const readMail = () => waitForMail(product.mail.url, email, MAIL_PATIENCE_MS);
      return { page, email, at, readMail };
    },
    async openConfirm({ page, at }, { seconds, status, hold = false }) {
      await setPageClock(page, { origin: at, seconds, hold: hold ? (status ?? null) : null });
      await page.goto("/confirm");
      await page.waitForSelector(`html[data-told="${hold ? "held" : "told"}"]`);
      if (status && !hold) await untilStatus(page, status);
      return page;
    },
    setClock: (page, at, seconds) => setPageClock(page, { origin: at, seconds, hold: null }),
    async passRetries() {
      const database = openDatabase(product.postgres.url, 1);
      const over = new AbortController();
      const settled = await settle(
        { database, engineUrl: product.engine.url },
        () => false,
        SETTLE_MS,
        over.signal,
      ).finally(() => database.close());
      if (!settled.isSettled) throw new Error("The mails did not come to an end");
    },
    async setFault(kind) {
      const faults = [{ kind, ...(kind === "slow" ? { delay_ms: SLOW_MS } : {}) }];
      const response = await fetch(`${product.mail.url}/_/faults`, {
        method: kind ? "PUT" : "DELETE",
        ...(kind
          ? { headers: { "content-type": "application/json" }, body: JSON.stringify({ faults }) }
          : {}),
      });
      if (!response.ok) throw new Error(`The provider cannot ${kind}: ${response.status}`);
    },
    async countWrongCodes({ email, at }, count) {
      const database = openDatabase(product.postgres.url, 1);
      try {
        const user = await findNewestUserByEmail(database.db, email);
        if (!user) throw new Error(`Nobody registered with ${email}`);
        const dayBefore = addSeconds(new Date(at), -24 * 3600);
        for (let wrong = 0; wrong < count; wrong++) await countWrongCode(database.db, user.id, dayBefore);
      } finally {
        await database.close();
      }
    },
    setReceiverAway: receiver.setAway,
    async clear() {
      for (const context of contexts.splice(0)) await context.close();
    },
  };
}

/** The mail's state, as the API tells it; then the page has been told as well, or is read anew. */
async function untilStatus(page: Page, status: string): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await page.waitForTimeout(200)) {
    const answer = await page.request.get("/api/v1/usr/confirmation");
    const told = (await answer.json()) as { delivery: { status: string } | null };
    if (told.delivery?.status !== status) continue;
    await page.reload();
    await page.waitForSelector("html[data-told]");
    return;
  }
  throw new Error(`The mail did not come to ${status}`);
}
