// One run: start the product, visit each page on each line, judge.
import { launchChromium, registerVisitor } from "../product/chromium";
import { withProduct } from "../product/product";
import { LINES, type Visit, visit } from "./measure";
import type { Options } from "./options";
import { judge, middleOf, type PageFigures, type Result } from "./report";

const PATHS = ["/", "/register", "/confirm", "/sign-in"] as const;

/** Measures once. Leaves no process behind; null when `signal` ended it. */
export async function benchPages(
  root: string,
  options: Options,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Result | null> {
  const setup = { root, name: "bench-web", transport: "resend" as const };
  return withProduct(setup, say, async ({ product, keepLogs }) => {
    // One process, as a browser's kept connections go to one; the other pages and scripts are the same there.
    const url = product.apps["app-a"].url;
    const browser = await launchChromium();
    try {
      const pages: PageFigures[] = [];
      let visitors = 0;
      for (const line of LINES)
        for (const path of PATHS) {
          say(`${path}, ${line.name} …`);
          const visits: Visit[] = [];
          // The first visit warms the server up, and is not counted.
          for (let run = 0; run <= options.runs; run++) {
            if (signal.aborted) return null;
            const measured = await visit(browser, `${url}${path}`, line, async (page) => {
              if (path !== "/confirm") return;
              visitors += 1;
              await registerVisitor(
                page,
                `visitor-${visitors}`,
                `visitor-${visitors}@example.com`,
                product.url,
              );
            });
            if (run > 0) visits.push(measured);
          }
          pages.push({ path, line: line.name, visits: visits.length, ...middleOf(visits) });
        }
      const result = judge(pages);
      if (!result.ok) keepLogs();
      return result;
    } finally {
      await browser.close();
    }
  });
}
