// What the operators' first page says of its own figures.
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { LastDayPanel } from "@/app/_ops/panels/last-day";
import { SuccessPanel } from "@/app/_ops/panels/success";
import type { SpanFigures, Success } from "@/domain/success-figures";

const nothing: Success = {
  answers: { count: 0, p50: null, p95: null, p99: null, withinASecond: null },
  mails: { queued: 0, arrived: 0, bounced: 0, failed: 0, tried: 0, retried: 0 },
  deliveryRate: null,
  retryRate: null,
};

test("the mails by state are those that are kept, and the page says which are not", () => {
  for (const lastDay of [{}, { sent: 24 }]) {
    const markup = renderToStaticMarkup(<LastDayPanel lastDay={lastDay} />);
    expect(markup).toContain("Mails of the last 24 hours that are kept");
    expect(markup).toContain("are removed: they are counted above, and not here");
  }
});

test("each span of the figures says since when", () => {
  const day: SpanFigures = {
    span: "24h",
    since: new Date("2026-02-28T12:15:00Z"),
    slotSeconds: 3600,
    total: nothing,
    slots: [],
  };
  const markup = renderToStaticMarkup(<SuccessPanel figures={{ "1h": null, "24h": day, "7d": null }} />);
  expect(markup.match(/Since <time dateTime="2026-02-28T12:15:00.000Z"/g)).toHaveLength(1);
});
