// What a browser is told about our pages, and that our own pages live within it.
import { type IncomingMessage, request } from "node:http";
import { text as readText } from "node:stream/consumers";
import { expect, type Page, test } from "@playwright/test";
import { codeIn, nextMail } from "../support/mailbox";
import { codeField, registerOnPage } from "../support/pages";
import { callApi, newPerson } from "../support/people";
import { readRunning } from "../support/running";

/** Everything the page's policy forbade, and what the console said of it. */
async function listenForViolations(page: Page): Promise<string[]> {
  const heard: string[] = [];
  page.on("console", (message) => {
    if (/content security policy|refused to/i.test(message.text())) heard.push(message.text());
  });
  page.on("pageerror", (error) => heard.push(error.message));
  await page.exposeFunction("tellViolation", (text: string) => void heard.push(text));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const tell = (window as unknown as { tellViolation: (text: string) => void }).tellViolation;
      tell(`${event.violatedDirective} ${event.blockedURI} on ${event.documentURI}`);
    });
  });
  return heard;
}

test("no page of ours does what its policy forbids, from registering to signing out", async ({ page }) => {
  const violations = await listenForViolations(page);
  for (const path of ["/", "/register", "/sign-in", "/docs/api", "/nothing-here"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  }
  const person = newPerson();
  await registerOnPage(page, person);
  await codeField(page).fill(codeIn(await nextMail(person.email)));
  await page.waitForURL("**/account");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL((url) => url.pathname === "/");
  expect(violations).toEqual([]);
});

test("ASVS 3.4.3: a script without the page's nonce does not run", async ({ page }) => {
  const violations = await listenForViolations(page);
  await page.goto("/register");
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran = true'>");
    // Put in by the parser, as injected markup would be; scripts made by trusted scripts are trusted (strict-dynamic).
    document.body.insertAdjacentHTML("beforeend", script.outerHTML);
  });
  await expect.poll(() => violations.length).toBeGreaterThan(0);
  expect(await page.evaluate(() => "ran" in window)).toBe(false);
});

test("ASVS 3.4.3: a style that is not the build's is not taken, not even with the page's nonce", async ({
  page,
}) => {
  const violations = await listenForViolations(page);
  await page.goto("/register");
  const nonce = await page.evaluate(() => document.querySelector("script")?.nonce ?? "");
  expect(nonce).not.toBe("");
  await page.evaluate((given) => {
    const smuggled = `<style nonce="${given}">h1 { display: none }</style>`;
    document.body.insertAdjacentHTML("beforeend", smuggled);
  }, nonce);
  await expect.poll(() => violations.length).toBeGreaterThan(0);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});

for (const path of ["/", "/register", "/sign-in", "/confirm", "/account", "/docs/api", "/nothing-here"])
  test(`${path}: a strict policy, a nonce of its own, and no frame around it (ASVS 3.4.3 to 3.4.6, 3.4.8, 14.3.2)`, async ({
    request,
  }) => {
    const policyOf = async () => (await request.get(path)).headers()["content-security-policy"] ?? "";
    const [first, second] = [await policyOf(), await policyOf()];
    const nonceOf = (policy: string) => /'nonce-([A-Za-z0-9+/=]{20,})'/.exec(policy)?.[1];
    expect(nonceOf(first)).toBeTruthy();
    expect(nonceOf(second)).not.toBe(nonceOf(first));
    expect(first).toContain("default-src 'none'");
    expect(first).toContain("frame-ancestors 'none'");
    expect(first).toContain("base-uri 'none'");
    expect(first).not.toContain("unsafe");
    const { headers } = { headers: (await request.get(path)).headers() };
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "cross-origin-opener-policy": "same-origin",
    });
    expect(headers["x-powered-by"]).toBeUndefined();
    expect(headers["cache-control"]).toContain("no-store");
    // Loopback is no TLS: a browser that kept HSTS for localhost would break every other project there.
    expect(headers["strict-transport-security"]).toBeUndefined();
  });

for (const [path, location] of [
  ["/register/?next=%2F", "/register?next=%2F"],
  ["/api/health/", "/api/health"],
] as const)
  test(`${path}: sent on with the same headers, and to nowhere else`, async ({ request }) => {
    const answer = await request.get(path, { maxRedirects: 0 });
    expect(answer.status()).toBe(308);
    expect(answer.headers()).toMatchObject({
      location,
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "cache-control": "no-store",
    });
  });

const CALLS: Record<string, string> = {
  "/api/v1/usr/register": "POST",
  "/api/v1/usr/confirm-email": "POST",
  "/api/v1/usr/resend-confirmation": "POST",
  "/api/v1/usr/change-email": "POST",
  "/api/v1/usr/confirmation": "GET",
  "/api/v1/usr/confirmation/events": "GET",
  "/api/v1/usr/confirmation/continue": "POST",
  "/api/v1/usr/confirm-link": "POST",
  "/api/v1/usr/confirm-link/look": "POST",
  "/api/v1/usr/not-me": "POST",
  "/api/v1/usr/not-me/look": "POST",
  "/api/v1/usr/not-me/undo": "POST",
  "/api/v1/usr/me": "GET",
  "/api/v1/usr/token": "POST",
  "/api/v1/usr/token/refresh": "POST",
  "/api/v1/usr/token/revoke": "POST",
  "/api/webhooks/resend": "POST",
  "/api/openapi.json": "GET",
  "/api/health": "GET",
  "/api/ready": "GET",
  "/api/metrics": "GET",
  "/api/auth/csrf": "GET",
  "/api/auth/callback/credentials": "POST",
  "/language": "POST",
  "/sign-out": "POST",
};

for (const [path, allowed] of Object.entries(CALLS))
  test(`${path} takes ${allowed}; any other method is 405 with Allow and a code (ASVS 4.1.4)`, async () => {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((name) => name !== allowed)) {
      const response = await callApi(path, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get("allow")).toContain(allowed);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(await response.json()).toMatchObject({ code: "method_not_allowed", status: 405 });
    }
    const options = await callApi(path, { method: "OPTIONS" });
    expect(options.status).toBe(204);
    expect(options.headers.get("allow")).toContain(allowed);
    // No word to other sites' scripts.
    expect(options.headers.get("access-control-allow-origin")).toBeNull();
  });

test("a page takes GET and HEAD; any other method is 405 with Allow and a code (ASVS 4.1.4)", async () => {
  for (const path of ["/", "/register", "/sign-in", "/account", "/no-such-page"]) {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const response = await callApi(path, { method });
      expect(response.status, `${method} ${path}`).toBe(405);
      expect(response.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
      expect(await response.json()).toMatchObject({ code: "method_not_allowed" });
    }
    expect((await callApi(path, { method: "OPTIONS" })).status).toBe(204);
  }
});

/** As it is written here: fetch would mend or refuse it. */
async function send(
  method: string,
  path: string,
  { body, headers = {} }: { body?: string; headers?: Record<string, string> } = {},
): Promise<IncomingMessage & { text: string }> {
  const { hostname, port } = new URL(readRunning().app.url);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers }, resolve);
    sent.on("error", reject);
    sent.end(body);
  });
  return Object.assign(answer, { text: await readText(answer) });
}

test("a file of the build takes GET and HEAD; any other method is 405 with Allow and a code (ASVS 4.1.4)", async () => {
  const { text } = await send("GET", "/");
  const script = /\/_next\/static\/[^"?]+\.js/.exec(text)?.[0] ?? "";
  expect((await send("HEAD", script)).statusCode).toBe(200);
  for (const path of [script, "/_next/static/nothing.js", "/_next/image"]) {
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"]) {
      const answer = await send(method, path);
      expect(answer.statusCode, `${method} ${path}`).toBe(405);
      expect(answer.headers.allow).toBe("GET, HEAD, OPTIONS");
      expect(JSON.parse(answer.text)).toMatchObject({ code: "method_not_allowed", status: 405 });
    }
    expect((await send("OPTIONS", path)).statusCode).toBe(204);
  }
});

test("a range or a condition that does not hold makes no error of a file of the build", async () => {
  const { text } = await send("GET", "/");
  const script = /\/_next\/static\/[^"?]+\.js/.exec(text)?.[0] ?? "";
  for (const headers of [
    { range: "bytes=99999999-" },
    { range: "bytes=5-1" },
    { "if-match": '"x"' },
    { "if-unmodified-since": "Mon, 01 Jan 2001 00:00:00 GMT" },
  ])
    expect((await send("GET", script, { headers })).statusCode, JSON.stringify(headers)).toBe(200);
});

test("a path with detours is answered as the one it leads to", async () => {
  const { text } = await send("GET", "/");
  const [, file = ""] = /\/_next(\/static\/[^"?]+\.js)/.exec(text) ?? [];
  for (const path of [`/_next/.${file}`, `/x/../_next${file}`, `/_next/%2e${file}`]) {
    expect((await send("GET", path)).statusCode, path).toBe(200);
    expect((await send("POST", path)).statusCode, path).toBe(405);
  }
  for (const path of [
    "/_next/./image?url=/x&w=64&q=75",
    "/x/../_next/image?url=/x",
    "/_next\\image?url=/x",
  ]) {
    const answer = await send("GET", path);
    expect(answer.statusCode, path).toBe(404);
    expect(answer.headers["content-security-policy"], path).toContain("nonce-");
  }
  expect((await send("GET", "/_next/../api/health")).text).toContain("ok");
});

test("ASVS 13.4.4, 13.4.6: TRACE is refused, and no answer names what made it", async () => {
  for (const path of ["/", "/api/v1/usr/me", "/api/health", "/_next/static/nothing.js"]) {
    const answer = await send("TRACE", path);
    expect([404, 405], `${path} ${answer.statusCode}`).toContain(answer.statusCode);
    for (const name of ["server", "x-powered-by"]) expect(answer.headers[name]).toBeUndefined();
  }
});

test("ASVS 3.4.3, 3.4.6: an unknown address gets a page with its policy, also one that looks like a file of the build", async () => {
  for (const path of [
    "/nothing-here",
    "/_next/imagefoo",
    "/_next/image",
    "/_next/staticfoo",
    "/_next",
    "/_global-error",
    "/_not-found",
  ]) {
    const answer = await send("GET", path);
    expect(answer.statusCode, path).toBe(404);
    expect(answer.headers["content-type"], path).toContain("text/html");
    expect(answer.headers["cache-control"], path).toContain("no-store");
    expect(answer.headers["content-security-policy"], path).toContain("frame-ancestors 'none'");
    expect(answer.headers["referrer-policy"], path).toBeDefined();
  }
});

test("what a page is asked for with the router's own headers, broken, is answered as if they were not there", async () => {
  const states = ["x", "[", "%", "null", "{}", '["",{"children":["a"]}]', `${'["",{"c":'.repeat(900)}`];
  for (const state of states)
    for (const [path, status] of [
      ["/register", 200],
      ["/register?_rsc=x", 200],
      ["/nothing-here", 404],
    ] as const) {
      for (const odd of [{ "Next-Router-State-Tree": state }, { "Next-Router-Prefetch": "2" }]) {
        const answer = await send("GET", path, {
          headers: { RSC: "1", "Next-Router-Prefetch": "1", ...odd },
        });
        expect(answer.statusCode, `${path} ${state.slice(0, 30)}`).toBe(status);
        expect(answer.headers["content-type"]).toContain("text/html");
        expect(answer.headers["content-security-policy"]).toContain("nonce-");
      }
    }
});

test("a method that nobody here has heard of is refused like any other", async () => {
  for (const method of ["PROPFIND", "SEARCH", "LOCK"])
    for (const [path, status, code] of [
      ["/", 405, "method_not_allowed"],
      ["/icon.svg", 405, "method_not_allowed"],
      ["/api/v1/usr/me", 405, "method_not_allowed"],
      ["/api/auth/session", 405, "method_not_allowed"],
      ["/api/nothing-here", 404, "not_found"],
    ] as const) {
      const answer = await send(method, path);
      expect(answer.statusCode, `${method} ${path}`).toBe(status);
      expect(JSON.parse(answer.text)).toMatchObject({ code, status });
    }
});

test("a path whose escapes are none is one that is not there, with our headers", async () => {
  for (const path of ["/api/%", "/api/v1/usr/%E0%A4%A", "/api/v1/usr/register%", "/api/auth/%FF"]) {
    const answer = await send("GET", path);
    expect(answer.statusCode, path).toBe(404);
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    expect(JSON.parse(answer.text)).toMatchObject({ code: "not_found", status: 404 });
  }
  for (const path of ["/%", "/confirm/%FF", "/ops/deliveries/%E0%A4%A", "/ops/webhooks/%FF"]) {
    const answer = await send("GET", path);
    expect(answer.statusCode, path).toBeLessThan(500);
    expect(answer.headers["content-security-policy"], path).toContain("nonce-");
  }
});

test("the call that tells who is signed in takes GET and HEAD, and no body makes it an error", async () => {
  expect((await send("HEAD", "/api/auth/session")).statusCode).toBe(200);
  for (const method of ["OPTIONS", "PUT", "DELETE"])
    expect((await send(method, "/api/auth/session")).headers.allow, method).toBe("GET, HEAD, OPTIONS");
  for (const body of ["{}", '{"csrfToken":"x","data":{}}', "", "["]) {
    const answer = await send("POST", "/api/auth/session", {
      body,
      headers: { "content-type": "application/json" },
    });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe("GET, HEAD, OPTIONS");
    expect(JSON.parse(answer.text)).toMatchObject({ code: "method_not_allowed" });
  }
});

test("an asterisk in the address's place is no mistake of ours (RFC 9110, 9.3.7)", async () => {
  expect((await send("OPTIONS", "*")).statusCode).toBe(204);
  expect((await send("GET", "*")).statusCode).toBe(200);
});

test("an offer of another protocol is left alone, and the request answered (RFC 9110, 7.8)", async () => {
  const offer = {
    connection: "Upgrade, HTTP2-Settings",
    upgrade: "h2c",
    "http2-settings": "AAMAAABkAAQAoAAAAAIAAAAA",
  };
  for (const path of ["/", "/sign-in", "/api/health"]) {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(`${readRunning().app.url}${path}`, { headers: offer }, resolve);
      sent.on("error", reject);
      sent.end();
    });
    answer.resume();
    expect(answer.statusCode, path).toBe(200);
  }
});

test("ASVS 4.1.4: an address under /api that does not exist is a 404 for machines", async () => {
  for (const path of ["/api/nothing", "/api/v1/usr/nothing", "/api/v2/usr/register"])
    for (const method of ["GET", "POST", "DELETE"]) {
      const response = await callApi(path, { method });
      expect(response.status).toBe(404);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(await response.json()).toMatchObject({ code: "not_found" });
    }
});

test("ASVS 3.4.4, 3.4.6, 14.3.2: an API answer cannot be framed, sniffed or kept", async () => {
  const { headers } = await callApi("/api/v1/usr/me");
  expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("cache-control")).toBe("no-store");
});
