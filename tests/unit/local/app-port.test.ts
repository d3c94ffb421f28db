import { expect, test } from "vitest";
import { BLOCKED_PORTS, findPortFault } from "../../../local/app-port.mjs";

test.each(["abc", "0", "-1", "3000.5", "65536", "70000", "0x50", "1e3", " "])(
  "%j is no port, and the sentence says what one is",
  (value) => {
    expect(findPortFault("PORT", value)).toBe(
      `PORT is ${value}; it must be a number from 1 to 65535, e.g. PORT=3100 npm start`,
    );
  },
);

test.each(["1024", "3000", "8080", "65535"])("%s is one", (value) => {
  expect(findPortFault("PORT", value)).toBeNull();
});

test("a port that browsers refuse is told with where it was chosen", () => {
  expect(findPortFault("APP_URL", "6000")).toMatch(/^Port 6000 \(from APP_URL\) is one that browsers refuse/);
});

test("the ports that are refused are ports that fetch refuses too", async () => {
  for (const port of BLOCKED_PORTS) {
    const refusal = await fetch(`http://127.0.0.1:${port}`).catch((error: Error) => error);
    expect(String((refusal as Error).cause), String(port)).toContain("bad port");
  }
});
