// Our programs that run by themselves are TypeScript, loaded many times over: by every start, by every restart of a
// part, by dozens of tests. So each is bundled into one file of JavaScript, once for a state of its sources. Plain
// JavaScript: the start needs it before anything that reads TypeScript.
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { giveAllToOwner, makeFolder } from "./ownership.mjs";

/**
 * What runs by its name, and where its sources are (packages aside): files, and folders with all that is in them.
 * @type {Record<string, { entry: string, sources: string[] }>}
 */
export const PROGRAMS = {
  up: { entry: "local/up.ts", sources: ["local"] },
  build: { entry: "local/build.ts", sources: ["local"] },
  postgres: { entry: "local/postgres/main.ts", sources: ["local"] },
  mail: { entry: "local/mail/main.ts", sources: ["local"] },
  inngest: { entry: "local/inngest/main.ts", sources: ["local"] },
  migrate: { entry: "db/migrate.ts", sources: ["db", "env.ts", "env-rules.ts", "secret-strength.ts"] },
  "check-env": {
    entry: "cli/check-env.ts",
    sources: ["cli/check-env.ts", "env.ts", "env-rules.ts", "secret-strength.ts"],
  },
};

/** What else a bundle depends on: the versions of the packages in it, and how TypeScript is read. */
const COMMON = ["package-lock.json", "tsconfig.json"];
const CODE = /\.(ts|tsx|mjs|cjs|js)$/;
/** A start with older sources may be about to load what it has just found. */
const KEPT_MS = 60 * 60 * 1000;

/** A program by its name. Throws a sentence when there is none. @param {string} name */
export function programOf(name) {
  const program = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
  if (!program)
    throw new Error(`There is no program ${name}. Programs: ${Object.keys(PROGRAMS).join(", ")}.`);
  return program;
}

/**
 * The file with the whole program, made now when a source has changed since it was made. Any number of processes may
 * ask at once: each finds a whole file or makes one. Within a process one at a time. Throws what esbuild says when the
 * sources are no program.
 * @param {string} root
 * @param {string} name
 * @returns {Promise<string>}
 */
export async function bundle(root, name) {
  const program = programOf(name);
  const real = realpathSync(root);
  const folder = path.join(real, ".latchkey", "programs");
  for (;;) {
    const sources = listSources(real, program.sources);
    const key = hashFiles(real, sources);
    const made = path.join(folder, `${name}-${key}`);
    const file = path.join(made, "main.mjs");
    if (existsSync(file)) return file;

    makeFolder(folder);
    // Beside the place where it will be: the map names the sources from there.
    const part = mkdtempSync(`${made}.`);
    try {
      const outputs = await build(real, program.entry, sources, part);
      // A source was written meanwhile: nobody knows which state of it this is.
      if (hashFiles(real, listSources(real, program.sources)) !== key) continue;
      // On the disk before it has its name: an empty file would pass for a program that has nothing to do.
      for (const output of outputs) writeFileSync(output.path, output.contents, { flush: true });
      giveAllToOwner(part);
      renameSync(part, made);
    } catch (error) {
      // Another process may have just made it.
      if (!existsSync(file)) throw error;
    } finally {
      rmSync(part, { recursive: true, force: true });
    }
    removeOld(folder, name, path.basename(made));
    return file;
  }
}

/**
 * Loads a program into this process; errors name its sources.
 * @param {string} root
 * @param {string} name
 */
export async function load(root, name) {
  const file = await bundle(root, name);
  process.setSourceMapsEnabled(true);
  return import(pathToFileURL(file).href);
}

/** @param {string} root @param {string[]} places @returns {string[]} sorted, from the root, with slashes */
function listSources(root, places) {
  const files = places.flatMap((place) => {
    const whole = path.join(root, place);
    if (!statSync(whole).isDirectory()) return [place];
    return readdirSync(whole, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && CODE.test(entry.name))
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  });
  return files.map((file) => file.replaceAll(path.sep, "/")).sort();
}

/** @param {string} root @param {string[]} files */
function hashFiles(root, files) {
  // A clone that is moved has other places in its bundles.
  const hash = createHash("sha256").update(root);
  for (const file of [...COMMON, ...files])
    hash.update(`\0${file}\0`).update(readFileSync(path.join(root, file)));
  return hash.digest("hex").slice(0, 20);
}

/** CommonJS packages ask for Node's own modules by `require`, which a module does not have. */
const REQUIRE = `import { createRequire as latchkeyRequire } from "node:module"; const require = latchkeyRequire(import.meta.url);`;

/** @param {string} root @param {string} entry @param {string[]} sources @param {string} folder */
async function build(root, entry, sources, folder) {
  /** @type {typeof import("esbuild")} */
  const esbuild = createRequire(import.meta.url)("esbuild");
  try {
    const { outputFiles, metafile } = await esbuild.build({
      absWorkingDir: root,
      entryPoints: [path.join(root, entry)],
      outfile: path.join(folder, "main.mjs"),
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      format: "esm",
      target: "node20.19",
      // Lists of a megabyte, of which a start on this machine reads nothing: found in node_modules when they are asked for.
      external: ["@zxcvbn-ts/*"],
      keepNames: true,
      sourcemap: true,
      sourcesContent: false,
      banner: { js: REQUIRE },
      logLevel: "silent",
      plugins: [keepPlaces(root)],
    });
    const unknown = Object.keys(metafile.inputs).filter(
      (input) => !/(^|\/)node_modules\//.test(input) && !sources.includes(input),
    );
    if (unknown.length > 0)
      throw new Error(`${entry} is also made of ${unknown.join(", ")}: local/bundle.mjs must know of it.`);
    return outputFiles;
  } finally {
    // Its process would live as long as the program.
    await esbuild.stop();
  }
}

/**
 * A source knows where it is by `import.meta`, and finds what lies beside it; in a bundle it must still.
 * @param {string} root
 * @returns {import("esbuild").Plugin}
 */
function keepPlaces(root) {
  return {
    name: "keep-places",
    setup(build) {
      build.onLoad({ filter: CODE }, ({ path: file }) => {
        const inside = path.relative(root, file);
        if (/^\.\.|(^|[\\/])node_modules[\\/]/.test(inside)) return null;
        const source = readFileSync(file, "utf8");
        return {
          contents: source
            .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(file).href))
            .replaceAll("import.meta.dirname", JSON.stringify(path.dirname(file))),
          loader: "default",
        };
      });
    },
  };
}

/** What was made of earlier sources, and what a killed maker left. @param {string} folder @param {string} name @param {string} kept */
function removeOld(folder, name, kept) {
  for (const entry of readdirSync(folder)) {
    if (entry === kept || entry.replace(/-[0-9a-f]{20}(\..*)?$/, "") !== name) continue;
    const found = statSync(path.join(folder, entry), { throwIfNoEntry: false });
    if (found && found.mtimeMs < Date.now() - KEPT_MS)
      rmSync(path.join(folder, entry), { recursive: true, force: true });
  }
}
