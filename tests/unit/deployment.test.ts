// compose.yaml, the Dockerfile and the workflows cannot be run here; this holds what can be read in them.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { listVariables, parseEnv } from "@/env";

const ROOT = path.resolve(import.meta.dirname, "../..");
const read = (name: string) => readFileSync(path.join(ROOT, name), "utf8");

const Service = z.object({
  image: z.string().optional(),
  build: z.object({ target: z.string() }).optional(),
  command: z.union([z.string(), z.array(z.string())]).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  volumes: z.array(z.string()).default([]),
  configs: z.array(z.object({ source: z.string() })).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.unknown().optional(),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  deploy: z.object({ replicas: z.number() }).optional(),
  stop_grace_period: z.string().optional(),
});
const Compose = z.object({
  services: z.record(z.string(), Service),
  configs: z.record(z.string(), z.object({ content: z.string() })),
  networks: z.record(z.string(), z.unknown()),
  volumes: z.record(z.string(), z.unknown()),
});

const text = read("compose.yaml");
const compose = Compose.parse(parse(text));
const service = (name: string) => Service.parse(compose.services[name]);
const dockerfile = read("Dockerfile");
const guide = read("docs/deployment.md");

/** Compose's own rules for what we use of them: ${NAME} and ${NAME:?why}. */
const fillIn = (value: string, values: Record<string, string>) =>
  value.replaceAll(/\$\{([A-Z_]+)(?::\?[^}]*)?\}/g, (_, name: string) => values[name] ?? "");

describe("compose.yaml", () => {
  const services = Object.entries(compose.services);

  test("names only services, networks, volumes and configs that are there", () => {
    for (const [name, { depends_on, networks, volumes, configs }] of services) {
      for (const other of Object.keys(depends_on))
        expect(Object.keys(compose.services), name).toContain(other);
      for (const network of networks) expect(Object.keys(compose.networks), name).toContain(network);
      for (const volume of volumes)
        expect(Object.keys(compose.volumes), name).toContain(volume.split(":")[0]);
      for (const { source } of configs) expect(Object.keys(compose.configs), name).toContain(source);
    }
  });

  test("waits for health only where a health check is, in the service or in the image", () => {
    for (const [name, { depends_on }] of services)
      for (const [other, { condition }] of Object.entries(depends_on)) {
        if (condition !== "service_healthy") continue;
        const hasCheck =
          service(other).healthcheck !== undefined ||
          (service(other).build?.target === "web" && dockerfile.includes("HEALTHCHECK"));
        expect(hasCheck, `${name} → ${other}`).toBe(true);
      }
  });

  test("with the guide's .env the app starts: nothing it needs is missing, nothing it gets is unknown", () => {
    const values: Record<string, string> = {};
    for (const [, name = "", value = ""] of guide.matchAll(/^([A-Z_]+)=(.*)$/gm))
      values[name] = value.startsWith("$(")
        ? createHash("md5").update(name).digest("hex") // what openssl rand would say, to each another one
        : value
            .replace("whsec_…", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            .replace("re_…", "re_9Zk2LmQ7_xT4vKq8RwB2nMd6YsHj3PfGc")
            .replaceAll('"', "");
    const names = new Set([...text.matchAll(/\$\{([A-Z_]+)/g)].flatMap((match) => match[1] ?? []));
    expect([...names].filter((name) => !values[name])).toEqual([]);

    const { environment } = service("web");
    const known = listVariables().map(({ name }) => name);
    expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([]);
    const given = Object.entries(environment).map(([name, value]) => [name, fillIn(value, values)]);
    const env = parseEnv({ ...values, ...Object.fromEntries(given) });
    expect(env).toMatchObject({
      APP_URL: "https://app.example.com",
      INNGEST_BASE_URL: "http://inngest:8288",
      TRUSTED_PROXY_HOPS: 1,
    });
    expect(service("ops").environment).toEqual(environment);
  });

  test("only the proxy can be reached from outside of the machine", () => {
    for (const [name, { ports }] of services)
      for (const port of ports) if (name !== "proxy") expect(port, name).toMatch(/^127\.0\.0\.1:/);
    expect(service("web").ports).toEqual([]);
    for (const name of ["postgres", "redis", "inngest"])
      expect(service(name).networks, name).not.toContain("edge");
  });

  test("what is ours runs without rights, and cannot write", () => {
    const ours = services.filter(([, { build }]) => build);
    expect(ours.map(([name]) => name)).toEqual(["web", "migrate", "ops"]);
    for (const [name, own] of ours) {
      expect(own.read_only, name).toBe(true);
      expect(own.cap_drop, name).toEqual(["ALL"]);
    }
  });

  test("several web processes start after the migration, and are given longer to end than a mail takes", () => {
    const web = service("web");
    expect(web.deploy?.replicas).toBeGreaterThan(1);
    expect(web.depends_on.migrate?.condition).toBe("service_completed_successfully");
    const fallback = listVariables().find(({ name }) => name === "EMAIL_TIMEOUT")?.fallback;
    expect(Number.parseInt(web.stop_grace_period ?? "", 10)).toBeGreaterThan(Number(fallback) + 5);
  });

  test("the engine is the version that is tried in development, keeps its state, and calls the app's endpoint", () => {
    const { optionalDependencies } = z
      .object({ optionalDependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read("package.json")));
    const engine = service("inngest");
    expect(engine.image).toBe(`inngest/inngest:v${optionalDependencies["inngest-cli"]}`);
    expect(engine.environment.INNGEST_REDIS_URI).toBe("redis://redis:6379");
    expect(engine.environment.INNGEST_SDK_URL).toBe("http://web:3000/api/inngest");
    expect(engine.environment.INNGEST_EVENT_KEY).toBe(service("web").environment.INNGEST_EVENT_KEY);
    expect(service("redis").command).toContain("--appendonly yes");
  });

  test("the connections of all processes fit into Postgres' own limit of 100", () => {
    const engine = /--postgres-max-open-conns (\d+)/.exec(String(service("inngest").command))?.[1];
    const pool = listVariables().find(({ name }) => name === "DATABASE_POOL_SIZE")?.fallback;
    const web = (Number(pool) + 1) * (service("web").deploy?.replicas ?? 1);
    // A rolling update doubles the web processes for a moment.
    expect(Number(engine)).toBeGreaterThan(0);
    expect(Number(engine) + web + 10).toBeLessThan(100);
  });

  test("strangers do not reach the engine's endpoint", () => {
    expect(compose.configs.caddyfile?.content).toMatch(/^\s*respond \/api\/inngest\* 404$/m);
  });
});

describe("the Dockerfile", () => {
  const stages = dockerfile.split(/^FROM /m).slice(1);
  const stage = (name: string) => stages.find((each) => each.split("\n")[0]?.endsWith(` AS ${name}`)) ?? "";

  test("has the stages that compose.yaml builds, and none of them ends as root", () => {
    for (const { build } of Object.values(compose.services)) {
      if (!build) continue;
      const users = [...stage(build.target).matchAll(/^USER (.+)$/gm)];
      expect(users.at(-1)?.[1], build.target).toBe("node");
    }
  });

  test("asks the path that says the process lives, and copies only what the build made", () => {
    expect(stage("web")).toContain("/api/health");
    for (const [, from] of stage("web").matchAll(/^COPY (\S+)/gm)) expect(from).toBe("--from=build");
  });

  test("keeps an unused connection longer than the proxy in front, which keeps it for two minutes", () => {
    const [, keepAliveMs] = /\bKEEP_ALIVE_TIMEOUT=(\d+)\b/.exec(stage("web")) ?? [];
    expect(Number(keepAliveMs)).toBeGreaterThan(120_000);
    expect(compose.configs.caddyfile?.content, "of its own choice, Caddy's").not.toMatch(/keepalive/);
  });

  test("runs on a Node that package.json allows and the workflow tries", () => {
    const majors = [...dockerfile.matchAll(/^FROM node:(\d+)/gm)].map((match) => match[1]);
    expect(new Set(majors).size).toBe(1);
    const workflow = z
      .object({
        jobs: z.object({
          test: z.object({
            strategy: z.object({ matrix: z.object({ node: z.array(z.string()) }) }),
            steps: z.array(z.object({ run: z.string().optional() })),
          }),
        }),
      })
      .parse(parse(read(".github/workflows/test.yml")));
    expect(workflow.jobs.test.strategy.matrix.node).toContain(majors[0]);
    expect(workflow.jobs.test.steps.map(({ run }) => run)).toContain("npm test");
  });

  test("sends no secret and nothing made to the builder", () => {
    const ignored = read(".dockerignore").split("\n");
    for (const name of [".env", ".env.*", ".git", "node_modules", ".next", ".latchkey"])
      expect(ignored).toContain(name);
  });
});

test("Dependabot's file is one", () => {
  const { updates } = z
    .object({ updates: z.array(z.object({ "package-ecosystem": z.string(), directory: z.literal("/") })) })
    .parse(parse(read(".github/dependabot.yml")));
  expect(updates.map((update) => update["package-ecosystem"])).toContain("npm");
});
