import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import type { NextConfig } from "next";
import { PHASE_DEVELOPMENT_SERVER } from "next/constants";

const compress = promisify(brotliCompress);

/** A request whose sender reads brotli (RFC 7932), without a weight of 0 (RFC 9110, section 12.5.3). */
const readsBrotli = [
  {
    type: "header" as const,
    key: "accept-encoding",
    value: String.raw`(?:.*,)?\s*br\s*(?:,.*|;\s*q=(?:1|0?\.0*[1-9]).*)?`,
  },
];

/** The files of a build that are sent packed, by ending, and their media types. */
const packedTypes = { js: "application/javascript", css: "text/css" };

/**
 * Writes each script and style of the build once more with the strongest
 * brotli. Next compresses as it serves, with gzip: 17 % more to load before
 * the page can be used, and work at each request. Where a platform serves the
 * build's files itself, it compresses them itself.
 */
async function writeBrotli(distDir: string): Promise<void> {
  const folder = join(distDir, "static", "chunks");
  const names = (await readdir(folder)).filter((name) => /\.(?:js|css)$/.test(name));
  await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const packed = await compress(await readFile(path), {
        params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
      });
      await writeFile(`${path}.br`, packed);
    }),
  );
}

/**
 * Notes the stylesheets of the build, for app/_http/stylesheets.ts: pages
 * carry them inside, and the browser is to take those and no others.
 */
async function noteStylesheets(distDir: string): Promise<void> {
  const folder = join(distDir, "static", "chunks");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".css"));
  const noted = names.map(async (name) => {
    const text = await readFile(join(folder, name), "utf8");
    const sha256 = createHash("sha256").update(text).digest("base64");
    return { path: `/_next/static/chunks/${name}`, sha256, text };
  });
  const note = join(distDir, "stylesheets.json");
  await writeFile(note, JSON.stringify(await Promise.all(noted)));
  // Hosts that make functions of routes take along what these files name.
  // `outputFileTracingIncludes` looks for it before it is there.
  const server = join(distDir, "server");
  const files = await readdir(server, { recursive: true });
  for (const path of files.filter((name) => name.endsWith(".nft.json")).map((name) => join(server, name))) {
    const trace = JSON.parse(await readFile(path, "utf8"));
    trace.files.push(relative(dirname(path), note));
    await writeFile(path, JSON.stringify(trace));
  }
}

const config: NextConfig = {
  poweredByHeader: false,
  // proxy.ts does it, with the headers of every other answer.
  skipTrailingSlashRedirect: true,
  // What every page loads comes as one file, which packs 3 % smaller than
  // three, without what no module asks for (docs/decisions/012).
  // The stylesheet comes inside of the page: on a slow line a file of its own
  // shares it with the scripts, and nothing is shown before it is there.
  experimental: {
    inlineCss: true,
    // A process would load a copy of everything for each route of the API,
    // which are answered without (docs/decisions/033). Pages are loaded by
    // app/_http/warm-pages.ts.
    preloadEntriesOnStart: false,
    turbopackCjsTreeShaking: true,
    turbopackChunking: { minChunkSize: 1_000_000, maxMergeChunkSize: 5_000_000 },
    // Writing it takes a third of a build, and pays from the second one on.
    turbopackFileSystemCacheForBuild: !process.env.CI,
  },
  // For the image (Dockerfile) only: `next start` does not serve such a build.
  ...(process.env.BUILD_STANDALONE === "on" ? { output: "standalone" as const } : {}),
  // `npm start` and `npm test` build without: the types are a stage of the tests.
  typescript: { ignoreBuildErrors: process.env.BUILD_CHECKS_TYPES === "off" },
  // Native or file-reading packages stay outside of the bundle.
  serverExternalPackages: [
    "@node-rs/argon2",
    "postgres",
    "pino",
    "nodemailer",
    "inngest",
    "prom-client",
    "@opentelemetry/api",
    "@opentelemetry/core",
    "@opentelemetry/exporter-trace-otlp-http",
    "@opentelemetry/exporter-trace-otlp-proto",
    "@opentelemetry/resources",
    "@opentelemetry/sdk-trace-base",
  ],
  // For the files of the build; pages and calls get theirs from proxy.ts.
  headers: async () => [
    { source: "/:path*", headers: [{ key: "x-content-type-options", value: "nosniff" }] },
  ],
};

/** The configuration of a build and of the server that serves it. */
const built: NextConfig = {
  ...config,
  compiler: {
    runAfterProductionCompile: async ({ distDir }) => {
      await Promise.all([writeBrotli(distDir), noteStylesheets(distDir)]);
    },
  },
  headers: async () => [
    ...((await config.headers?.()) ?? []),
    ...Object.entries(packedTypes).map(([ending, type]) => ({
      source: `/_next/static/chunks/:name.${ending}`,
      has: readsBrotli,
      headers: [
        { key: "content-encoding", value: "br" },
        { key: "content-type", value: `${type}; charset=utf-8` },
        { key: "vary", value: "accept-encoding" },
      ],
    })),
  ],
  rewrites: async () => ({
    beforeFiles: Object.keys(packedTypes).map((ending) => ({
      source: `/_next/static/chunks/:name.${ending}`,
      has: readsBrotli,
      destination: `/_next/static/chunks/:name.${ending}.br`,
    })),
    afterFiles: [],
    fallback: [],
  }),
};

export default (phase: string): NextConfig => (phase === PHASE_DEVELOPMENT_SERVER ? config : built);
