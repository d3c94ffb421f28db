// The inbox: its JSON for tests and tools, its pages for people, and who is kept out.
import { request } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Mail, type MailProcess, someone, startMailProcess, until } from "./support/mail-process";

let server: MailProcess;
beforeAll(async () => {
  server = await startMailProcess();
});
afterEach(() => server.calm());
afterAll(() => server.stop());

async function send(to: string, change: object = {}): Promise<string> {
  const response = await fetch(`${server.url}/emails`, {
    method: "POST",
    headers: { authorization: "Bearer x", "content-type": "application/json" },
    body: JSON.stringify({ from: "a@b.example", to, subject: "Hello", text: "It works.", ...change }),
  });
  return ((await response.json()) as { id: string }).id;
}

const getJson = async (path: string) => {
  const response = await fetch(server.url + path);
  return { status: response.status, body: (await response.json()) as never };
};
const getPage = async (path: string, init?: RequestInit) => {
  const response = await fetch(server.url + path, { redirect: "manual", ...init });
  return { status: response.status, headers: response.headers, html: await response.text() };
};
const postForm = (path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  getPage(path, { method: "POST", body: new URLSearchParams(fields), headers });

describe("the list of mails", () => {
  test("is newest first, by address, since a moment, and at most as many as asked", async () => {
    const to = someone();
    const ids = [await send(to), await send(to), await send(to.toUpperCase())];
    const list = (query: string) =>
      getJson(`/_/mails?${query}`).then(({ body }) => (body as { mails: Mail[] }).mails.map(({ id }) => id));
    expect(await list(`to=${to}`)).toEqual(ids.toReversed());
    expect(await list(`to=${to}&limit=1`)).toEqual(ids.slice(-1));
    expect(await list(`to=${to}&since=${new Date(Date.now() + 1000).toISOString()}`)).toEqual([]);
    expect(await list("to=nobody@example.com")).toEqual([]);
    expect((await getJson("/_/mails?limit=0")).status).toBe(422);
    expect((await getJson("/_/mails?since=yesterday")).status).toBe(422);
    expect((await getJson("/_/mails/none")).status).toBe(404);
    expect((await getJson("/_/nothing")).status).toBe(404);
  });

  test("can be waited for: what came already, what comes, and what does not come in time", async () => {
    const to = someone();
    const wait = (query: string) =>
      getJson(`/_/mails/wait?to=${to}&${query}`) as Promise<{ status: number; body: Mail }>;
    const coming = wait("timeout_ms=10000");
    const first = await send(to);
    expect((await coming).body).toMatchObject({ id: first, text: "It works." });
    expect((await wait("")).body.id).toBe(first);

    const after = wait(`after=${first}&timeout_ms=10000`);
    await until(
      "another millisecond",
      async () => Date.now() > Date.parse((await server.mail(first)).received_at),
    );
    const second = await send(to);
    expect((await after).body.id).toBe(second);
    expect((await wait(`after=${(await server.mail(first)).received_at}`)).body.id).toBe(second);
    expect((await wait(`after=${second}&timeout_ms=50`)).status).toBe(404);
  });
});

describe("the pages", () => {
  test("say what to do while there is nothing", async () => {
    const fresh = await startMailProcess();
    try {
      const html = await (await fetch(fresh.url)).text();
      expect(html).toContain("Waiting for the first mail");
      expect(html).toContain(`RESEND_BASE_URL=${fresh.url}`);
    } finally {
      await fresh.stop();
    }
  });

  test("never show a mail's content unescaped outside of its frame, and the frame runs nothing", async () => {
    const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`;
    const id = await send(someone(), {
      from: `${evil.replaceAll(/[<>"()]/g, "")} <a@b.example>`,
      subject: evil,
      text: evil,
      html: evil,
      headers: { "X-Evil": evil },
      tags: [{ name: "a", value: "b" }],
    });
    for (const path of [
      "/",
      `/?q=${encodeURIComponent(evil)}`,
      ...["html", "text", "headers", "raw"].map((view) => `/mails/${id}?view=${view}`),
    ]) {
      const { html, headers } = await getPage(path);
      expect(html).not.toContain("<script>alert");
      expect(html).not.toContain("<img");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("content-security-policy")).not.toContain("unsafe");
    }
    const page = await getPage(`/mails/${id}`);
    expect(page.html).toMatch(/<iframe[^>]* sandbox="allow-popups allow-popups-to-escape-sandbox"/);
    const frame = await getPage(`/mails/${id}/frame`);
    expect(frame.html).toContain(evil);
    const policy = frame.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'/);
    expect(policy).not.toContain("script-src");
  });

  test("show a six-digit code large, with a button that copies it", async () => {
    const id = await send(someone(), { text: "Your code:\n\n 048 213\n\nValid for 10 minutes." });
    const { html } = await getPage(`/mails/${id}`);
    expect(html).toContain(`data-copy="048213"`);
    expect((await getPage(`/mails/${await send(someone())}`)).html).not.toContain("data-copy");
  });

  test("find mails by part of an address, and say when a mail is gone", async () => {
    const to = someone();
    const id = await send(to);
    expect((await getPage(`/?q=${to.slice(0, 8)}`)).html).toContain(id);
    expect((await getPage("/?q=zzz")).html).toContain("Nothing found");
    const gone = await getPage("/mails/00000000-0000-4000-8000-000000000000");
    expect([gone.status, gone.html.includes("This mail is not here")]).toEqual([404, true]);
  });

  test("tell of changes at once, by Server-Sent Events", async () => {
    const abort = new AbortController();
    const response = await fetch(`${server.url}/_/events`, { signal: abort.signal });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let heard = "";
    const hear = async (event: string) => {
      while (!heard.includes(`event: ${event}`)) heard += (await reader?.read())?.value ?? "";
    };
    await hear("hello");
    await send(someone());
    await hear("change");
    abort.abort();
  });

  test("show every tag of the table", async () => {
    const { html } = await getPage("/faults");
    for (const tag of ["slow", "retryN", "fail", "refuse", "hang", "drop", "bounce", "complain", "delay"]) {
      expect(html).toContain(`+${tag}<`);
    }
  });

  test("turn the dial without JavaScript, keep what was typed when it is wrong, and turn it off", async () => {
    const set = await postForm("/faults", {
      percent_refuse: "30",
      percent_slow: "2,5",
      delay_ms: "10",
      seed: "x",
    });
    expect([set.status, set.headers.get("location")]).toEqual([303, "/faults"]);
    expect((await getPage("/")).html).toContain("30 % refuse, 2.5 % slow");
    expect((await getJson("/_/faults")).body).toMatchObject({
      faults: [
        { kind: "refuse", percent: 30 },
        { kind: "slow", percent: 2.5, delay_ms: 10 },
      ],
      seed: "x",
    });

    const wrong = await postForm("/faults", { percent_refuse: "70", percent_hang: "60" });
    expect(wrong.status).toBe(422);
    expect(wrong.html).toContain("more than 100 percent");
    expect(wrong.html).toMatch(/name="percent_hang"[^>]*value="60"/);
    expect((await postForm("/faults", { percent_refuse: "lots" })).status).toBe(422);

    expect((await postForm("/faults/off")).status).toBe(303);
    expect((await getPage("/")).html).toContain("All mail accepted");
  });

  test("let a person declare a bounce, and delete everything", async () => {
    const id = await send(someone());
    const bounced = await postForm(`/mails/${id}/events`, { type: "bounced" });
    expect([bounced.status, bounced.headers.get("location")]).toEqual([303, `/mails/${id}`]);
    expect((await server.mail(id)).state).toBe("bounced");
    expect((await postForm(`/mails/${id}/events`, { type: "eaten" })).status).toBe(422);
    expect((await postForm("/mails/delete")).status).toBe(303);
    expect((await getJson("/_/mails")).body).toEqual({ mails: [], total: 0 });
  });
});

describe("kept out are", () => {
  /** `fetch` does not let a test choose its Host. */
  const statusFor = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const { port } = new URL(server.url);
      request({ host: "127.0.0.1", port, path: "/", headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });

  test("names that are not of this machine: a page elsewhere could point its name here", async () => {
    for (const host of [
      "evil.example",
      "evil.example:8025",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "10.0.0.1",
    ]) {
      expect(await statusFor(host)).toBe(403);
    }
    for (const host of ["localhost", "localhost:8025", "127.0.0.1", "[::1]:8025", "mail.localhost"]) {
      expect(await statusFor(host)).toBe(200);
    }
  });

  test("forms and requests of other sites' pages", async () => {
    const before = await send(someone());
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "http://localhost:3000" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ] as Record<string, string>[]) {
      expect((await postForm("/mails/delete", {}, headers)).status).toBe(403);
      expect((await postForm("/faults", { percent_hang: "100" }, headers)).status).toBe(403);
      const put = await fetch(`${server.url}/_/faults`, { method: "DELETE", headers });
      expect(put.status).toBe(403);
    }
    expect((await server.mail(before)).id).toBe(before);
    expect(
      (await postForm("/faults/off", {}, { origin: server.url, "sec-fetch-site": "same-origin" })).status,
    ).toBe(303);
  });

  test("but not the pages' own forms: their referrer policy lets browsers say where they come from", async () => {
    // With "no-referrer" a browser sends `Origin: null` with a form, which the guard takes for another site's.
    for (const path of ["/", "/faults"]) {
      expect((await getPage(path)).headers.get("referrer-policy")).toBe("same-origin");
    }
  });

  test("large bodies", async () => {
    const large = "x".repeat(70_000);
    expect((await postForm("/faults", { seed: large })).status).toBe(413);
    expect((await fetch(`${server.url}/_/faults`, { method: "PUT", body: large })).status).toBe(413);
  });
});

test("its health says how it is", async () => {
  expect(await getJson("/health")).toEqual({
    status: 200,
    body: { status: "ok", mails: expect.any(Number), webhooks_waiting: 0 },
  });
});
