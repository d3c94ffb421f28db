// What a person on a slow line has to load before the form can be used.
import { brotliDecompressSync } from "node:zlib";
import { expect, type Request, test } from "@playwright/test";

/** What Chromium tells of it (Layout Instability, W3C), which TypeScript's own types do not have. */
type LayoutShift = {
  value: number;
  sources: { node: Node | null; previousRect: DOMRect; currentRect: DOMRect }[];
};

/** 120 kB (docs/decisions/012). Next and React are 108 of it. */
const SCRIPT_BUDGET_BYTES = 120_000;

test("the scripts of /register weigh no more than their budget, as a browser loads them", async ({
  page,
}) => {
  const loaded: Request[] = [];
  page.on("requestfinished", (request) => {
    if (request.resourceType() === "script") loaded.push(request);
  });
  await page.goto("/register", { waitUntil: "networkidle" });
  const weights = await Promise.all(
    loaded.map(async (request) => ({
      script: new URL(request.url()).pathname,
      bytes: (await request.sizes()).responseBodySize,
    })),
  );
  expect(weights.length).toBeGreaterThan(2);
  const bytes = weights.reduce((sum, each) => sum + each.bytes, 0);
  expect(bytes, JSON.stringify(weights, null, 2)).toBeLessThanOrEqual(SCRIPT_BUDGET_BYTES);
});

test("/register is shown without waiting for another file: its style is inside, and applied", async ({
  page,
}) => {
  await page.route(/_next\/static/, (route) => route.abort());
  await page.goto("/register");
  const field = page.getByLabel("Email");
  await expect(field).toBeVisible();
  // Thumb-sized, which no field of a browser's own is.
  expect((await field.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  expect(await page.locator("link[rel=stylesheet]").count()).toBe(0);
});

test("a page carries its styles once, and React leaves them as they came", async ({ page }) => {
  const html = await (await page.request.get("/register")).text();
  // How the build's stylesheet begins.
  expect(html.split("@layer properties").length - 1).toBe(1);
  const style = /<style[^>]*>(.*?)<\/style>/s.exec(html)?.[1] ?? "";
  expect(style.length).toBeGreaterThan(10_000);
  await page.goto("/register", { waitUntil: "networkidle" });
  expect(await page.locator("head style").evaluateAll((all) => all.map((one) => one.textContent))).toEqual([
    style,
  ]);
});

test("no style, script or font of another host is loaded, and nothing moves while a page builds up on a phone", async ({
  page,
  baseURL,
}) => {
  // Its whole length is seen: the foot of the page too.
  await page.setViewportSize({ width: 390, height: 844 });
  const hosts = new Set<string>();
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  await page.addInitScript(() => {
    const moved: string[] = [];
    Object.assign(window, { moved });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, sources } = entry as unknown as LayoutShift;
        const parts = sources.map(({ node, previousRect: from, currentRect: to }) => {
          const { localName, className } = node as Element;
          return `${localName}.${className} from ${from.y} (${from.height}) to ${to.y} (${to.height})`;
        });
        moved.push(`${value} at ${entry.startTime}: ${parts.join("; ")}`);
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  for (const path of ["/register", "/sign-in", "/"]) {
    await page.goto(path, { waitUntil: "networkidle" });
    expect(await page.evaluate(() => (window as unknown as { moved: string[] }).moved), path).toEqual([]);
  }
  expect([...hosts]).toEqual([new URL(baseURL ?? "").host]);
});

test("a script comes as brotli to who reads brotli, as gzip or plain to the others, and is the same", async ({
  page,
  baseURL,
}) => {
  const html = await (await page.request.get("/register")).text();
  const path = /\/_next\/static\/chunks\/[^"\\]+\.js/.exec(html)?.[0];
  // Node's own fetch undoes encodings; this asks for what lies on the wire.
  const get = async (accepts: string) => {
    const answer = await page.request.fetch(`${baseURL}${path}`, {
      headers: { "accept-encoding": accepts },
    });
    return {
      encoding: answer.headers()["content-encoding"],
      body: await answer.body(),
      headers: answer.headers(),
    };
  };
  const plain = await get("identity");
  expect(plain.encoding).toBeUndefined();
  for (const accepts of ["br", "gzip, deflate, br, zstd", "gzip;q=1.0, br;q=0.5"]) {
    const packed = await get(accepts);
    expect(packed.encoding, accepts).toBe("br");
    expect(packed.headers).toMatchObject({
      "content-type": "application/javascript; charset=utf-8",
      vary: "accept-encoding",
      "x-content-type-options": "nosniff",
    });
    expect(packed.body.equals(plain.body) || brotliDecompressSync(packed.body).equals(plain.body)).toBe(true);
  }
  for (const accepts of ["gzip", "br;q=0", "abr", "gzip, br;q=0.0"])
    expect((await get(accepts)).encoding, accepts).not.toBe("br");
});
