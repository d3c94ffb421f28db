import { afterEach, describe, expect, test, vi } from "vitest";
import { postJson } from "@/components/api-client";
import { fetchConfirmation } from "@/components/confirmation-client";
import { makeConfirmation } from "../../support/confirmations";

const PROBLEM = { type: "about:blank", title: "No", status: 429, code: "resend_cooldown", detail: "Wait." };

function answerWith(answer: () => Response): void {
  vi.stubGlobal("fetch", async () => answer());
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a call of the API", () => {
  test("sends JSON and gives back what was answered", async () => {
    const fetch = vi.fn(async (_url: string, _init: RequestInit) =>
      Response.json({ ok: 1 }, { status: 201 }),
    );
    vi.stubGlobal("fetch", fetch);
    expect(await postJson("/api/x", { a: 1 })).toEqual({ outcome: "done", data: { ok: 1 } });
    const init = fetch.mock.calls[0]?.[1];
    expect([init?.method, init?.body]).toEqual(["POST", '{"a":1}']);
    expect(new Headers(init?.headers).get("content-type")).toBe("application/json");
  });

  test("gives back a refusal as it is, with the wait on this device's clock", async () => {
    vi.useFakeTimers({ now: 1_000_000 });
    answerWith(() => Response.json(PROBLEM, { status: 429, headers: { "retry-after": "42" } }));
    expect(await postJson("/api/x")).toEqual({ outcome: "refused", problem: PROBLEM, retryAtMs: 1_042_000 });
  });

  test("is done when the answer has nothing to say (204)", async () => {
    answerWith(() => new Response(null, { status: 204 }));
    expect(await postJson("/api/x", {})).toEqual({ outcome: "done", data: null });
  });

  test("does not invent a wait", async () => {
    answerWith(() => Response.json({ ...PROBLEM, status: 409 }, { status: 409 }));
    expect(await postJson("/api/x")).toMatchObject({ outcome: "refused", retryAtMs: null });
  });

  test.each([
    ["no network", () => Promise.reject(new TypeError("Failed to fetch"))],
    ["a proxy's page", async () => new Response("<html>Bad gateway</html>", { status: 502 })],
    ["JSON of somebody else", async () => Response.json({ error: "nope" }, { status: 500 })],
  ])("is unreachable with %s", async (_, fetch) => {
    vi.stubGlobal("fetch", fetch);
    expect(await postJson("/api/x", {})).toEqual({ outcome: "unreachable" });
  });

  test("takes only a confirmation for a confirmation", async () => {
    answerWith(() => Response.json(makeConfirmation()));
    expect(await fetchConfirmation()).toMatchObject({ outcome: "done" });
    answerWith(() => Response.json({ hello: "captive portal" }));
    expect(await fetchConfirmation()).toEqual({ outcome: "unreachable" });
  });
});
