// The files that the pages of a stand-in load: its own, and the style that all have in common.
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Env, Hono } from "hono";

const BASE = "base.css";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Serves `names` of `folder`, and base.css, under /assets. They are read anew each time: one sees a change at once. */
export function addAssets<E extends Env>(app: Hono<E>, folder: string, names: readonly string[]): void {
  app.get("/assets/:name", async (c) => {
    const name = c.req.param("name");
    if (name !== BASE && !names.includes(name)) return c.notFound();
    const body = await readFile(
      path.join(name === BASE ? path.join(import.meta.dirname, "assets") : folder, name),
    );
    return c.body(body, 200, {
      "content-type": TYPES[path.extname(name)] ?? "application/octet-stream",
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
    });
  });
}
