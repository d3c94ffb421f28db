import { describe, expect, test } from "vitest";
import { type Command, EXIT, UsageError } from "@/cli/ops/command";
import { COMMANDS } from "@/cli/ops/commands";
import { judgeFunctions, listOthers } from "@/cli/ops/commands/registered";
import { runOps, type Terminal } from "@/cli/ops/run";
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
    return {} as Services;
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
