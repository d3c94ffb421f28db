// The engine's page as a browser asks for it, and its forms as a browser sends them.
import { expect } from "vitest";
import type { World } from "./world.ts";

/** The markup of a page, which must be there and carry the policy that lets nothing of an event run. */
export async function page(world: World, path: string): Promise<string> {
  const response = await fetch(`${world.engine.url}${path}`, { headers: { accept: "text/html" } });
  expect([path, response.status]).toEqual([path, 200]);
  expect(response.headers.get("content-type")).toContain("text/html");
  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  return await response.text();
}

/** The ids that the list on a page shows, in its order. */
export async function listed(world: World, path: string, kind: "run" | "event" = "run"): Promise<string[]> {
  const text = await page(world, path);
  return [...text.matchAll(new RegExp(`id="${kind}-([0-9A-Z]{26})"`, "g"))].map(([, id = ""]) => id);
}

/** What a browser sends when a form of the page itself is submitted. */
export function submit(world: World, path: string, form: Record<string, string> = {}): Promise<Response> {
  return fetch(`${world.engine.url}${path}`, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams(form),
    headers: { origin: world.engine.url },
  });
}

/** Submits a form and answers the id of what it made, from where the browser is sent. */
export async function submitted(
  world: World,
  path: string,
  form: Record<string, string> = {},
): Promise<string> {
  const response = await submit(world, path, form);
  expect([path, response.status]).toEqual([path, 303]);
  return /^\/(?:runs|events)\/([0-9A-Z]{26})$/.exec(response.headers.get("location") ?? "")?.[1] ?? "";
}
