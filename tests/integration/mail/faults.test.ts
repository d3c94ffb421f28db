// The fault dial and the address tags, over HTTP, as Resend's SDK sees them.
import { Resend } from "resend";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type MailProcess, someone, startMailProcess, until } from "./support/mail-process";

let server: MailProcess;
let resend: Resend;

beforeAll(async () => {
  server = await startMailProcess();
  resend = new Resend("re_anything", { baseUrl: server.url });
});
afterEach(() => server.calm());
afterAll(() => server.stop());

const send = (to: string, key: string | null = `delivery/${to}`, signal?: AbortSignal) =>
  resend.emails.send(
    { from: "Latchkey <hello@latchkey.example>", to, subject: "123456 is your code", text: "123456" },
    { ...(key === null ? {} : { idempotencyKey: key }), ...(signal ? { signal } : {}) },
  );

/** What the SDK reports when a connection ends without an answer. */
const NO_ANSWER = { name: "application_error", statusCode: null };

const stateOf = (to: string, state: string) =>
  until(
    `${state}, ${to}`,
    async () => (await server.mailsTo(to)).find((mail) => mail.state === state) ?? false,
  );

describe("an address asks for its own trouble", () => {
  test("+slow: the answer takes 8 seconds, and then the mail is there", async () => {
    const to = someone("slow");
    const started = performance.now();
    const { error } = await send(to);
    expect(error).toBeNull();
    expect(performance.now() - started).toBeGreaterThanOrEqual(7_990);
    expect(await server.mailsTo(to)).toHaveLength(1);
  });

  test.each([1, 2, 9])(
    "+retry%i: so many tries are refused for now, then one mail is accepted",
    async (times) => {
      const to = someone(`retry${times}`);
      for (let attempt = 1; attempt <= times; attempt += 1) {
        expect((await send(to)).error).toMatchObject({ statusCode: 503, name: "internal_server_error" });
      }
      expect((await send(to)).error).toBeNull();
      expect((await send(to)).error).toBeNull();
      const mails = await server.mailsTo(to);
      expect(mails.map(({ tries }) => tries)).toEqual([times + 1]);
    },
  );

  test("+retry1 counts each batch by all of its addresses, also without a key", async () => {
    const [first, second] = [someone("plain"), someone("retry1")];
    const mailTo = (to: string) => ({
      from: "Latchkey <hello@latchkey.example>",
      to,
      subject: "Hello",
      text: "Hello",
    });
    expect((await resend.batch.send([mailTo(first), mailTo(someone("fail"))])).error).not.toBeNull();
    const both = [mailTo(first), mailTo(second)];
    expect((await resend.batch.send(both)).error).toMatchObject({ statusCode: 503 });
    expect((await resend.batch.send(both)).error).toBeNull();
  });

  test("+retry1 counts each idempotency key by itself, and without a key each mail to the address", async () => {
    const to = someone("retry1");
    const outcomes = [];
    for (const key of ["a", "b", "a", "b", null, null, null, null]) {
      outcomes.push((await send(to, key && `${key}/${to}`)).error === null);
    }
    expect(outcomes).toEqual([false, false, true, true, false, true, false, true]);
  });

  test("+fail: every try is refused for now", async () => {
    const to = someone("fail");
    for (let attempt = 0; attempt < 4; attempt += 1) expect((await send(to)).error?.statusCode).toBe(503);
    expect(await server.mailsTo(to)).toHaveLength(0);
  });

  test("+greylist: the first try is put off", async () => {
    const to = someone("greylist");
    expect((await send(to)).error).toMatchObject({ statusCode: 503, name: "application_error" });
    expect((await send(to)).error).toBeNull();
  });

  test("+refuse: the address is refused for good", async () => {
    const to = someone("refuse");
    const { error } = await send(to);
    expect(error).toMatchObject({ statusCode: 422, name: "validation_error" });
    expect(error?.message).toContain("`to` field");
  });

  test("+hang: no answer comes, and nothing is accepted", async () => {
    const to = someone("hang");
    expect((await send(to, null, AbortSignal.timeout(700))).error).toMatchObject(NO_ANSWER);
    expect(await server.mailsTo(to)).toHaveLength(0);
  });

  test("+drop: accepted and the reply lost; the same key again gets the id of the one mail", async () => {
    const to = someone("drop");
    expect((await send(to)).error).toMatchObject(NO_ANSWER);
    const again = await send(to);
    const mails = await server.mailsTo(to);
    expect(mails).toHaveLength(1);
    expect(again.data?.id).toBe(mails[0]?.id);
  });

  test.each([
    ["bounce", "bounced"],
    ["softbounce", "bounced"],
    ["delay", "delivery_delayed"],
    ["complain", "complained"],
    ["suppress", "suppressed"],
    ["undelivered", "failed"],
  ])("+%s: accepted, then %s", async (tag, state) => {
    const to = someone(tag);
    const { data } = await send(to);
    await stateOf(to, state);
    const got = await resend.emails.get(data?.id ?? "");
    expect(got.data?.last_event).toBe(state);
  });

  test("tags combine, and meet unknown ones with a shrug", async () => {
    const to = someone("news", "retry1", "bounce");
    expect((await send(to)).error).not.toBeNull();
    expect((await send(to)).error).toBeNull();
    await stateOf(to, "bounced");
  });

  test("Resend's own test addresses work", async () => {
    expect((await send("bounced@resend.dev", null)).error).toBeNull();
    await stateOf("bounced@resend.dev", "bounced");
  });
});

describe("the dial gives everyone trouble", () => {
  test.each<[string, object, object]>([
    ["refuse", {}, { statusCode: 503, name: "internal_server_error" }],
    ["reject", {}, { statusCode: 422, name: "validation_error" }],
    ["rate_limit", { retry_after_seconds: 7 }, { statusCode: 429, name: "rate_limit_exceeded" }],
    ["quota", {}, { statusCode: 429, name: "daily_quota_exceeded" }],
    ["quota", { period: "monthly" }, { statusCode: 429, name: "monthly_quota_exceeded" }],
    ["down", {}, NO_ANSWER],
  ])("%s %o: nothing is accepted until it is off again", async (kind, settings, error) => {
    await server.setFaults({ kind, ...settings });
    const to = someone();
    const answer = await send(to);
    expect(answer.error).toMatchObject(error);
    if (kind === "rate_limit") expect(answer.headers?.["retry-after"]).toBe("7");
    if (kind === "rate_limit") expect(answer.headers?.["ratelimit-remaining"]).toBe("0");
    expect(await server.mailsTo(to)).toHaveLength(0);
    await server.calm();
    expect((await send(to)).error).toBeNull();
  });

  test("hang: no answer comes, and nothing is accepted", async () => {
    await server.setFaults({ kind: "hang" });
    const to = someone();
    expect((await send(to, null, AbortSignal.timeout(700))).error).toMatchObject(NO_ANSWER);
    expect(await server.mailsTo(to)).toHaveLength(0);
  });

  test("lost_reply: accepted every time and never answered; with a key it stays one mail", async () => {
    await server.setFaults({ kind: "lost_reply" });
    const to = someone();
    for (let attempt = 0; attempt < 3; attempt += 1) expect((await send(to)).error).toMatchObject(NO_ANSWER);
    await server.calm();
    const again = await send(to);
    expect((await server.mailsTo(to)).map(({ id }) => id)).toEqual([again.data?.id]);
  });

  test("slow: the answer takes as long as asked", async () => {
    await server.setFaults({ kind: "slow", delay_ms: 400 });
    const started = performance.now();
    expect((await send(someone())).error).toBeNull();
    expect(performance.now() - started).toBeGreaterThanOrEqual(395);
  });

  test("bounce: accepted, then bounced", async () => {
    await server.setFaults({ kind: "bounce" });
    const to = someone();
    expect((await send(to)).error).toBeNull();
    await stateOf(to, "bounced");
  });

  test("greylist: every first try is put off, every second passes", async () => {
    await server.setFaults({ kind: "greylist" });
    const to = someone();
    expect((await send(to)).error?.statusCode).toBe(503);
    expect((await send(to)).error).toBeNull();
  });
});

describe("the dial gives a share trouble", () => {
  const chaos = (seed: string) => ({
    seed,
    draw: "mail",
    faults: [
      { kind: "refuse", percent: 30 },
      { kind: "lost_reply", percent: 10 },
    ],
  });

  const count = (story: string, letter: string) => story.split(letter).length - 1;

  /** 100 mails: `.` accepted, `r` refused, `l` reply lost. */
  async function run(seed: string): Promise<string> {
    await server.setFaults(chaos(seed));
    let story = "";
    for (let index = 0; index < 100; index += 1) {
      const { error } = await send("share@example.com", `share/${index}`);
      story += error === null ? "." : error.statusCode === null ? "l" : "r";
    }
    return story;
  }

  test("about as large as asked, the same from the same seed, another from another", async () => {
    const first = await run("one");
    const { injected } = await dialAnswer();
    expect(injected).toEqual({ refuse: count(first, "r"), lost_reply: count(first, "l") });
    // 30 and 10 of 100, give or take: what this seed draws, not a matter of luck.
    expect(count(first, "r")).toBeGreaterThan(18);
    expect(count(first, "r")).toBeLessThan(43);
    expect(count(first, "l")).toBeGreaterThan(2);
    expect(count(first, "l")).toBeLessThan(22);
    expect(await run("one")).toBe(first);
    expect(await run("two")).not.toBe(first);
  });

  const dialAnswer = async () =>
    (await (await fetch(`${server.url}/_/faults`)).json()) as { injected: object; summary: string | null };

  test("says what it does in a sentence, and refuses what it cannot do", async () => {
    await server.setFaults(chaos("one"));
    expect((await dialAnswer()).summary).toBe("30 % refuse, 10 % lost reply");
    const put = async (body: unknown) => {
      const response = await fetch(`${server.url}/_/faults`, {
        method: "PUT",
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
      return [response.status, ((await response.json()) as { error: string }).error];
    };
    expect(await put({ faults: [{ kind: "explode" }] })).toEqual([
      422,
      expect.stringContaining("faults.0.kind"),
    ]);
    expect(await put({ kind: "refuse", percent: 101 })).toEqual([422, expect.stringContaining("percent")]);
    expect(await put({ kind: "hang", colour: "red" })).toEqual([422, expect.stringContaining("colour")]);
    const tooMuch = { faults: ["refuse", "hang"].map((kind) => ({ kind, percent: 60 })) };
    expect(await put(tooMuch)).toEqual([422, expect.stringContaining("100 percent")]);
    expect(await put("{")).toEqual([400, expect.stringContaining("JSON")]);
    // What was in force before still is.
    expect((await dialAnswer()).summary).toBe("30 % refuse, 10 % lost reply");
  });
});

describe("a limit per second", () => {
  test("lets so many through in any second and tells the rest when to come back", async () => {
    await server.setFaults({ limit_per_second: 5 });
    const to = someone();
    const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => send(to, `limit/${to}/${n}`)));
    const refused = answers.filter(({ error }) => error !== null);
    expect(answers.length - refused.length).toBe(5);
    for (const { error, headers } of refused) {
      expect(error).toMatchObject({ statusCode: 429, name: "rate_limit_exceeded" });
      expect(headers).toMatchObject({
        "retry-after": "1",
        "ratelimit-limit": "5",
        "ratelimit-remaining": "0",
      });
    }
    const accepted = answers.find(({ error }) => error === null);
    expect(accepted?.headers).toMatchObject({ "ratelimit-limit": "5" });
    await until("a free place", async () => (await send(to, `limit/${to}/later`)).error === null, 3_000);
    expect(await server.mailsTo(to)).toHaveLength(6);
  });
});
