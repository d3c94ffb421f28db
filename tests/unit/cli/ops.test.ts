import { describe, expect, test } from "vitest";
import { type Command, EXIT, UsageError } from "@/cli/ops/command";
import { COMMANDS } from "@/cli/ops/commands";
import { judgeFunctions, listOthers } from "@/cli/ops/commands/registered";
import { sayError } from "@/cli/ops/failure";
import { runOps, type Terminal } from "@/cli/ops/run";
import { readTime } from "@/cli/ops/when";
import { DomainError } from "@/domain/errors";
import type { Services } from "@/domain/services";

const greet: Command = {
  name: "greet",
  usage: "<name> [--loud]",
  summary: "greets somebody",
  help: "Greets.",
  options: { loud: { type: "boolean" } },
  async run(_services, { positionals: [name], values, output }) {
    if (!name) throw new UsageError("Whom?");
    if (name === "nobody") return EXIT.nothing;
    if (name === "trouble") throw new DomainError("busy");
    if (name === "query")
      throw new Error("Failed query: select\nparams: ada@example.com", {
        cause: new Error("connection refused"),
      });
    if (name === "asked" && (await output.confirm("Sure? ", "sure")) !== "yes") return EXIT.failed;
    output.say(values.loud ? `HELLO ${name}` : `hello ${name}`);
    output.result({ greeted: name });
    return EXIT.done;
  },
};

async function run(args: string[], answer: string | null = null) {
  const said = { out: [] as string[], err: [] as string[] };
  let opened = 0;
  const terminal: Terminal = {
    out: (line) => void said.out.push(line),
    err: (line) => void said.err.push(line),
    ask: async () => answer,
  };
  const open = () => {
    opened++;
    return { services: {} as Services };
  };
  const code = await runOps(args, [greet], open, terminal);
  return { code, out: said.out.join("\n"), err: said.err.join("\n"), opened };
}

describe("npm run ops", () => {
  test("runs a command with its options, in words or as one line of JSON", async () => {
    expect(await run(["greet", "ada", "--loud"])).toEqual({ code: 0, out: "HELLO ada", err: "", opened: 1 });
    expect(await run(["greet", "ada", "--json"])).toMatchObject({ code: 0, out: '{"greeted":"ada"}' });
  });

  test("lists its commands, and says more about each, without opening a database", async () => {
    for (const args of [["--help"], ["-h"], ["help"]]) {
      const { code, out, opened } = await run(args);
      expect([code, opened]).toEqual([0, 0]);
      expect(out).toMatch(/greet <name> \[--loud\] +greets somebody/);
      expect(out).toMatch(/Exit codes: 0 done, 1 went wrong, 2/);
    }
    expect(await run(["greet", "--help"])).toMatchObject({
      code: 0,
      opened: 0,
      out: expect.stringContaining("Greets."),
    });
  });

  test("ends with 2 for what makes no sense, with the way to say it, and opens nothing for a wrong option", async () => {
    expect(await run([])).toMatchObject({ code: EXIT.usage, opened: 0 });
    expect(await run(["dance"])).toMatchObject({
      code: EXIT.usage,
      opened: 0,
      err: expect.stringMatching(/no command "dance"/),
    });
    expect(await run(["greet", "ada", "--lound"])).toMatchObject({
      code: EXIT.usage,
      opened: 0,
      err: expect.stringMatching(/--lound/),
    });
    expect(await run(["greet"])).toMatchObject({
      code: EXIT.usage,
      err: expect.stringMatching(/Whom\?\s[\s\S]*<name>/),
    });
  });

  test("ends with 3 when there is nothing, and with 1 and a sentence when it went wrong", async () => {
    expect(await run(["greet", "nobody"])).toMatchObject({ code: EXIT.nothing });
    expect(await run(["greet", "trouble"])).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining("Too many people are signing up or in at this moment."),
    });
    const failed = await run(["greet", "query"]);
    expect(failed).toMatchObject({ code: EXIT.failed, err: "connection refused" });
    expect(failed.err).not.toContain("ada@example.com");
  });

  test("tells a program with --json as well how it ended, in one line, whatever the end", async () => {
    const told = async (...args: string[]) => JSON.parse((await run([...args, "--json"])).out);
    expect(await told("dance")).toEqual({ outcome: "usage", detail: 'There is no command "dance".' });
    expect(await told("greet")).toEqual({ outcome: "usage", detail: "Whom?" });
    expect(await told("greet", "query")).toEqual({ outcome: "error", detail: "connection refused" });
    const { out, err } = await run(["greet", "query"]);
    expect({ out, err }).toEqual({ out: "", err: "connection refused" });
  });

  test("goes on only when a person typed what was asked for", async () => {
    expect(await run(["greet", "asked"], " sure ")).toMatchObject({ code: EXIT.done });
    for (const answer of ["", "yes", null])
      expect(await run(["greet", "asked"], answer)).toMatchObject({ code: EXIT.failed });
  });

  test("has a name, a line and a help for each of its commands", () => {
    expect(new Set(COMMANDS.map(({ name }) => name)).size).toBe(COMMANDS.length);
    for (const { name, summary, help, options } of COMMANDS) {
      expect(name).toMatch(/^[a-z-]+$/);
      expect(summary.length).toBeGreaterThan(10);
      for (const option of Object.keys(options)) expect(help).toContain(`--${option}`);
    }
  });
});

describe("a database that cannot be reached", () => {
  const URL_OF_IT = "postgres://latchkey:sesame@db.example:6432/latchkey";
  const away = (code: string, message: string) =>
    new Error("Failed query: select\nparams: ada@example.com", {
      cause: Object.assign(new Error(message), { code }),
    });

  test.each([
    [URL_OF_IT, "at db.example:6432 "],
    ["postgres://latchkey:sesame@db.example/latchkey", "at db.example:5432 "],
    ["postgres://latchkey:sesame@[::1]:6432/latchkey", "at [::1]:6432 "],
    ["postgres:///latchkey?host=/tmp", ""],
    [undefined, ""],
  ])("is told as that, with its place and the way out: %s", (url, place) => {
    const says = sayError(away("ECONNREFUSED", "connect ECONNREFUSED 10.0.0.7:6432"), url);
    expect(says).toMatch(`The database ${place}cannot be reached (ECONNREFUSED). Check DATABASE_URL;`);
    expect(says).toMatch(/npm run doctor .*\n.* npm start\.$/);
    expect(says).not.toMatch(/sesame|ada@/);
  });

  test("is told in the server's words where it has some", () => {
    expect(sayError(away("53300", "sorry, too many clients already"), URL_OF_IT)).toContain(
      "cannot be reached (sorry, too many clients already).",
    );
  });

  test("is no other error", () => {
    expect(sayError(away("42P01", 'relation "users" does not exist'), URL_OF_IT)).toBe(
      'relation "users" does not exist',
    );
  });

  test("is asked for its address once the services are opened, which may find it", async () => {
    let url: string | undefined;
    const open = () => {
      url = URL_OF_IT;
      return { services: {} as Services };
    };
    const fails: Command = { ...greet, run: () => Promise.reject(away("ENOTFOUND", "getaddrinfo")) };
    const err: string[] = [];
    const terminal: Terminal = { out: () => {}, err: (line) => void err.push(line), ask: async () => null };
    expect(await runOps(["greet", "ada"], [fails], open, terminal, () => url)).toBe(EXIT.failed);
    expect(err).toEqual([expect.stringContaining("at db.example:6432 cannot be reached (ENOTFOUND)")]);
  });
});

describe("a time on the command line", () => {
  const now = new Date("2026-03-01T12:00:00Z");

  test.each([
    ["90m", "2026-03-01T10:30:00.000Z"],
    [" 3d ", "2026-02-26T12:00:00.000Z"],
    ["2026-02-28", "2026-02-28T00:00:00.000Z"],
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["2026-01-31T12:00Z", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31T12:00:00.5+02:00", "2026-01-31T10:00:00.500Z"],
    // As lists print it.
    ["2026-01-31 12:00:00Z", "2026-01-31T12:00:00.000Z"],
  ])("%s is read", (typed, instant) => {
    expect(readTime(typed, now).toISOString()).toBe(instant);
  });

  test.each([
    "",
    "yesterday",
    "3 days",
    "2026-02-31",
    "2026-04-31T10:00:00Z",
    "2025-02-29",
    "2026-13-01",
    "2026-01-00",
    "2026-01-31T25:00:00Z",
    "2026-01-01 (no such time)",
    "2026-01-01T12:00:00Z and more",
    // Dates that Postgres, or its way of writing them, does not have.
    "999999d",
    "0000-01-01",
    "9999-12-31T23:59:59-23:59",
  ])("%s makes no sense", (typed) => {
    expect(() => readTime(typed, now)).toThrow(UsageError);
    expect(() => readTime(typed, now)).toThrow(`"${typed}" is no time`);
  });
});

describe("the functions that the engine knows", () => {
  const ours = [
    { id: "send-confirmation-email", triggers: ["user/registered"], retries: 5 },
    { id: "relay-outbox", triggers: ["cron * * * * *"], retries: 0 },
  ];
  const known = (asked: Parameters<typeof judgeFunctions>[1]) =>
    judgeFunctions(ours, asked).map(({ isKnown }) => isKnown);

  test("are found by their id or by a name that ends with it, and not among those it has put away", () => {
    const data = [{ id: "latchkey-send-confirmation-email", name: "Send" }, { id: "relay-outbox" }];
    expect(known({ status: 200, body: { data } })).toEqual([true, true]);
    expect(
      known({ status: 200, body: { data: [data[0], { id: "relay-outbox", isArchived: true }] } }),
    ).toEqual([true, false]);
    expect(known({ status: 200, body: { data: [] } })).toEqual([false, false]);
  });

  test("are told apart from those that the app has on and this terminal has off", () => {
    const data = ["send-confirmation-email", "send-confirmation-email-failure", "canary"].map((id) => ({
      id: `latchkey-${id}`,
    }));
    expect(listOthers(ours, { status: 200, body: { data } })).toEqual(["canary"]);
    expect(listOthers(ours, { status: null, why: "ECONNREFUSED" })).toEqual([]);
  });

  test("are not known and not unknown when it does not tell", () => {
    expect(known({ status: 404, body: null })).toEqual([null, null]);
    expect(known({ status: null, why: "ECONNREFUSED" })).toEqual([null, null]);
  });
});
