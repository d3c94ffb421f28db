// The time that a page shows in a picture. What happens takes its own time in every run; the picture of a registration
// always begins at ten o'clock, and stands as many seconds later as its scene says.
import type { Page } from "@playwright/test";
import { allowOurFunctions } from "../product/chromium";

/** Ten o'clock in ZONE. */
const TEN = Date.UTC(2026, 10, 24, 9);
/** Not UTC: a page that finds what the server wrote to be right leaves it as it is. */
export const ZONE = "Europe/Berlin";

export type PageClock = {
  /** When the story begins, ISO 8601: shown as ten o'clock. Null: at the first instant that the page reads. */
  origin: string | null;
  /** How long after that the page is looked at. */
  seconds: number;
  /** The state of the mail at which the page stays, later ones are not told; with a reason after "/". Null: it follows. */
  hold: string | null;
};

/** From the page's next load on. Texts that the server wrote itself keep their times. */
export async function setPageClock(page: Page, { origin, seconds, hold }: PageClock): Promise<void> {
  await allowOurFunctions(page);
  await page.addInitScript(
    ({ originMs, shownMs, nowMs, hold }) => {
      const Real = Date;
      let beginMs = originMs;
      const parse = Real.parse;
      const parseJson = JSON.parse;
      const isInstant = (value: unknown): value is string =>
        typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);
      // Whole seconds: a hundredth more or less in a run must not show.
      const shift = (text: string) => {
        beginMs ??= parse(text);
        return shownMs + Math.floor((parse(text) - beginMs) / 1000) * 1000;
      };
      class PageDate extends Real {
        constructor(...args: unknown[]) {
          const [first] = args;
          if (args.length === 0) super(nowMs);
          else if (isInstant(first)) super(shift(first));
          else super(...(args as [number]));
        }
        static override now = () => nowMs;
        static override parse = (text: string) => (isInstant(text) ? shift(text) : parse(text));
      }
      globalThis.Date = PageDate as DateConstructor;

      // What a page reads when it has no stream comes by this, which does not ask JSON.parse by itself.
      Response.prototype.json = async function () {
        return JSON.parse(await this.text());
      };

      type Told = {
        server_time?: unknown;
        confirmed?: boolean;
        delivery?: { status: string; reason: { code: string } | null } | null;
      };
      let held: Told | null = null;
      JSON.parse = (...args: Parameters<typeof JSON.parse>) => {
        const value = parseJson(...args);
        const told = value as Told | null;
        if (typeof told !== "object" || told === null || !isInstant(told.server_time)) return value;
        if (held) return held;
        told.server_time = new Real((beginMs ?? nowMs) + nowMs - shownMs).toISOString();
        const { status, reason } = told.delivery ?? {};
        const [heldStatus, heldReason] = hold?.split("/") ?? [];
        if (
          hold !== null &&
          status === heldStatus &&
          (heldReason === undefined || reason?.code === heldReason)
        )
          held = told;
        document.documentElement.dataset.told = held ? "held" : "told";
        document.documentElement.dataset.status = String(told.delivery?.status);
        document.documentElement.dataset.confirmed = String(told.confirmed === true);
        return told;
      };
    },
    {
      originMs: origin === null ? null : Date.parse(origin),
      shownMs: TEN,
      nowMs: TEN + seconds * 1000,
      hold,
    },
  );
}
