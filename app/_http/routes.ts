// The name of the route behind an address, for metrics: from this list, so that strangers cannot make new ones.
// tests/unit/app/routes.test.ts holds it to the folders of app/.

/** Addresses that stand for themselves. */
const STATIC = new Set([
  "/",
  "/account",
  "/confirm",
  "/confirm/link",
  "/docs/api",
  "/language",
  "/not-me",
  "/ops",
  "/ops/ask",
  "/ops/audit",
  "/ops/deliveries",
  "/ops/sign-in",
  "/ops/webhooks",
  "/register",
  "/sign-in",
  "/sign-out",
  "/api/health",
  "/api/inngest",
  "/api/metrics",
  "/api/openapi.json",
  "/api/ops/cancel",
  "/api/ops/find",
  "/api/ops/replay",
  "/api/ops/replay-failed",
  "/api/ops/replay-webhook",
  "/api/ops/sign-in",
  "/api/ops/sign-out",
  "/api/ready",
  "/api/v1/usr/change-email",
  "/api/v1/usr/change-password",
  "/api/v1/usr/confirm-email",
  "/api/v1/usr/confirm-link",
  "/api/v1/usr/confirm-link/look",
  "/api/v1/usr/confirmation",
  "/api/v1/usr/confirmation/continue",
  "/api/v1/usr/confirmation/events",
  "/api/v1/usr/delete-account",
  "/api/v1/usr/me",
  "/api/v1/usr/not-me",
  "/api/v1/usr/not-me/look",
  "/api/v1/usr/not-me/undo",
  "/api/v1/usr/register",
  "/api/v1/usr/resend-confirmation",
  "/api/v1/usr/sessions",
  "/api/v1/usr/sessions/revoke",
  "/api/v1/usr/sessions/revoke-others",
  "/api/v1/usr/token",
  "/api/v1/usr/token/refresh",
  "/api/v1/usr/token/revoke",
  "/api/webhooks/resend",
]);

/** Outside of /api, and no pages: route handlers, which look after their methods themselves. */
export const HANDLERS: ReadonlySet<string> = new Set(["/language", "/sign-out"]);

/** What the rest of an address is worth, most special first. */
const PATTERNS: readonly [RegExp, string][] = [
  [/^\/ops\/deliveries\/[^/]+$/, "/ops/deliveries/[id]"],
  [/^\/ops\/webhooks\/[^/]+$/, "/ops/webhooks/[id]"],
  [/^\/api\/auth\/.+/, "/api/auth/[...nextauth]"],
  [/^\/api\/.+/, "/api/[...path]"],
  [/^\/_next\//, "/_next"],
];

/** `other` for what is no route of ours: pages that are not there, and files. */
export function routeOf(target: string): string {
  const path = target.split(/[?#]/, 1)[0] ?? "";
  if (STATIC.has(path)) return path;
  return PATTERNS.find(([pattern]) => pattern.test(path))?.[1] ?? "other";
}
