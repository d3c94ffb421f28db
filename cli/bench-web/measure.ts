// One visit of one page with an empty cache, and what the browser says of it.
import type { Browser, CDPSession, Page } from "@playwright/test";
import { allowOurFunctions } from "../product/chromium";

/** A line between the browser and the product. */
export type Line = {
  name: string;
  /** Kilobits a second, both ways; null: as fast as it goes. */
  kilobits: number | null;
  /** Milliseconds there and back. */
  roundTripMs: number;
  /** The processor, so many times slower. */
  cpuSlowdown: number;
};

export const LINES: readonly Line[] = [
  { name: "unthrottled", kilobits: null, roundTripMs: 0, cpuSlowdown: 1 },
  // WebPageTest's "3G Slow"; the processor as Lighthouse slows it for phones.
  { name: "slow 3G", kilobits: 400, roundTripMs: 400, cpuSlowdown: 4 },
];

/** Milliseconds since the visit began; bytes as they came over the line, compressed. */
export type Visit = {
  firstByteMs: number;
  firstPaintMs: number;
  largestPaintMs: number;
  layoutShift: number;
  /** After the first paint: what tasks took beyond 50 ms each. */
  blockingMs: number;
  /** With the heads of the answers. */
  bytes: number;
  /** Without: what the budget counts. */
  scriptBytes: number;
  requests: number;
};

/** What the page's observers saw; in the page. */
type Seen = { largestPaintMs: number; layoutShift: number; tasks: { at: number; took: number }[] };

const PHONE = { width: 390, height: 844 };
/** Without a new request, after the load. The confirm page's stream never ends: it is not waited for. */
const QUIET_MS = 1_500;
const PATIENCE_MS = 120_000;

/** `prepare` gives the browser what the page needs, before anything is counted. */
export async function visit(
  browser: Browser,
  url: string,
  line: Line,
  prepare: (page: Page) => Promise<void>,
): Promise<Visit> {
  const context = await browser.newContext({ viewport: PHONE, deviceScaleFactor: 2, locale: "en" });
  try {
    const page = await context.newPage();
    await prepare(page);
    const session = await context.newCDPSession(page);
    const traffic = await countTraffic(session);
    await slowDown(session, line);
    await allowOurFunctions(page);
    await page.addInitScript(observe);
    await page.goto(url, { waitUntil: "load", timeout: PATIENCE_MS });
    await untilQuiet(page, traffic);
    const { bytes, scriptBytes, requests } = traffic;
    const times = await readTimes(page);
    // Every page paints something: without it nobody was watching, and that nothing moved would mean nothing.
    if (times.largestPaintMs === 0) throw new Error(`The browser told no largest paint of ${url}`);
    return { ...times, bytes, scriptBytes, requests };
  } finally {
    await context.close();
  }
}

/** In the page, before anything of its own. */
function observe(): void {
  const seen: Seen = { largestPaintMs: 0, layoutShift: 0, tasks: [] };
  Object.assign(window, { seen });
  const watch = (type: string, take: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  watch("largest-contentful-paint", (entry) => {
    seen.largestPaintMs = entry.startTime;
  });
  watch("layout-shift", (entry) => {
    seen.layoutShift += (entry as PerformanceEntry & { value: number }).value;
  });
  watch("longtask", ({ startTime, duration }) => {
    seen.tasks.push({ at: startTime, took: duration });
  });
}

const readTimes = (page: Page): Promise<Omit<Visit, "bytes" | "scriptBytes" | "requests">> =>
  page.evaluate(() => {
    const { seen } = window as unknown as { seen: Seen };
    const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    const [painted] = performance.getEntriesByName("first-contentful-paint");
    const firstPaintMs = painted?.startTime ?? 0;
    return {
      firstByteMs: navigation?.responseStart ?? 0,
      firstPaintMs,
      largestPaintMs: seen.largestPaintMs,
      layoutShift: seen.layoutShift,
      blockingMs: seen.tasks
        .filter(({ at, took }) => at + took > firstPaintMs)
        .reduce((sum, { at, took }) => sum + Math.max(0, at + took - Math.max(at, firstPaintMs) - 50), 0),
    };
  });

type Traffic = { bytes: number; scriptBytes: number; requests: number; changedAtMs: number };

async function countTraffic(session: CDPSession): Promise<Traffic> {
  const traffic: Traffic = { bytes: 0, scriptBytes: 0, requests: 0, changedAtMs: Date.now() };
  /** What came before their bodies. */
  const scriptHeads = new Map<string, number>();
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  session.on("Network.requestWillBeSent", () => {
    traffic.requests += 1;
    traffic.changedAtMs = Date.now();
  });
  session.on("Network.responseReceived", ({ requestId, type, response }) => {
    if (type === "Script") scriptHeads.set(requestId, response.encodedDataLength);
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    traffic.bytes += encodedDataLength;
    traffic.changedAtMs = Date.now();
    const head = scriptHeads.get(requestId);
    if (head !== undefined) traffic.scriptBytes += encodedDataLength - head;
  });
  return traffic;
}

async function slowDown(session: CDPSession, { kilobits, roundTripMs, cpuSlowdown }: Line): Promise<void> {
  const bytesPerSecond = kilobits === null ? -1 : (kilobits * 1000) / 8;
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: roundTripMs,
    downloadThroughput: bytesPerSecond,
    uploadThroughput: bytesPerSecond,
  });
  await session.send("Emulation.setCPUThrottlingRate", { rate: cpuSlowdown });
}

async function untilQuiet(page: Page, traffic: Traffic): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await page.waitForTimeout(100))
    if (Date.now() - traffic.changedAtMs > QUIET_MS) return;
}
