// Every address of the product and what it takes, for tests/e2e/fuzz.spec.ts; tests/unit/app/routes.test.ts sees that
// none is forgotten.
import fc from "fast-check";
import { code, email, password, type Target, text, username } from "./fuzz";

export type FuzzTarget = Target & {
  tokenOf?: "claim" | "account";
  /** Most shots come from a page of an operator who is signed in. */
  asOperator?: boolean;
};

const id = fc.oneof(fc.uuid(), text);

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  { path: "/api/v1/usr/register", method: "POST", fields: { username, email, password } },
  {
    path: "/api/v1/usr/confirm-email",
    method: "POST",
    tokenOf: "claim",
    fields: { code, delivery_id: id },
  },
  {
    path: "/api/v1/usr/resend-confirmation",
    method: "POST",
    tokenOf: "claim",
    fields: { delivery_id: id },
  },
  {
    path: "/api/v1/usr/change-email",
    method: "POST",
    tokenOf: "claim",
    fields: { email, delivery_id: id },
  },
  { path: "/api/v1/usr/confirmation", method: "GET", tokenOf: "claim" },
  { path: "/api/v1/usr/confirmation/events", method: "GET", tokenOf: "claim" },
  {
    path: "/api/v1/usr/confirmation/continue",
    method: "POST",
    tokenOf: "claim",
    fields: { delivery_id: id },
  },
  { path: "/api/v1/usr/confirm-link", method: "POST", tokenOf: "claim", fields: { link: text } },
  { path: "/api/v1/usr/confirm-link/look", method: "POST", fields: { link: text } },
  { path: "/api/v1/usr/not-me", method: "POST", fields: { link: text } },
  { path: "/api/v1/usr/not-me/look", method: "POST", fields: { link: text } },
  { path: "/api/v1/usr/not-me/undo", method: "POST", fields: { link: text } },
  { path: "/api/v1/usr/me", method: "GET", tokenOf: "account" },
  { path: "/api/v1/usr/sessions", method: "GET", tokenOf: "account" },
  {
    path: "/api/v1/usr/sessions/revoke",
    method: "POST",
    tokenOf: "account",
    fields: { session_id: id, user_id: id },
  },
  {
    path: "/api/v1/usr/change-password",
    method: "POST",
    tokenOf: "account",
    fields: { current_password: text, new_password: password, user_id: id },
  },
  {
    path: "/api/v1/usr/delete-account",
    method: "POST",
    tokenOf: "account",
    fields: { password: text, user_id: id },
  },
  {
    path: "/api/v1/usr/sessions/revoke-others",
    method: "POST",
    tokenOf: "account",
    fields: { user_id: id },
  },
  { path: "/api/v1/usr/token", method: "POST", fields: { login: username, password } },
  { path: "/api/v1/usr/token/refresh", method: "POST", fields: { refresh_token: text } },
  { path: "/api/v1/usr/token/revoke", method: "POST", fields: { refresh_token: text } },
  { path: "/api/webhooks/resend", method: "POST", fields: { type: text, data: fc.jsonValue() } },
  { path: "/api/inngest", method: "POST", fields: { event: fc.jsonValue(), ctx: fc.jsonValue() } },
  { path: "/api/auth/session", method: "GET" },
  { path: "/api/auth/csrf", method: "GET" },
  { path: "/api/auth/providers", method: "GET" },
  { path: "/api/auth/error", method: "GET" },
  { path: "/api/auth/signin", method: "GET" },
  { path: "/api/auth/signin/credentials", method: "POST", fields: { csrfToken: text, callbackUrl: text } },
  { path: "/api/auth/signout", method: "POST", fields: { csrfToken: text, callbackUrl: text } },
  { path: "/api/auth/_log", method: "POST", fields: { level: text, code: text, message: text } },
  {
    path: "/api/auth/callback/credentials",
    method: "POST",
    fields: { login: username, password, csrfToken: text },
  },
  { path: "/api/health", method: "GET" },
  { path: "/api/openapi.json", method: "GET" },
  { path: "/api/ready", method: "GET" },
  { path: "/api/metrics", method: "GET" },
  { path: "/api/no-such-thing", method: "POST", fields: { a: text } },
  { path: "/sign-out", method: "POST" },
  { path: "/", method: "GET" },
  { path: "/register", method: "GET" },
  { path: "/sign-in", method: "GET" },
  { path: "/docs/api", method: "GET" },
  { path: "/confirm", method: "GET" },
  { path: "/account", method: "GET" },
  { path: "/confirm/link", method: "GET" },
  { path: "/not-me", method: "GET" },
  { path: "/language", method: "POST", fields: { language: fc.oneof(fc.constant("de"), text), back: text } },
  { path: "/ops/sign-in", method: "GET" },
  { path: "/api/ops/sign-in", method: "POST", fields: { password: text } },
  { path: "/ops", method: "GET", asOperator: true },
  { path: "/ops/deliveries", method: "GET", asOperator: true },
  { path: "/ops/deliveries/1", method: "GET", asOperator: true },
  { path: "/ops/ask", method: "GET", asOperator: true },
  { path: "/ops/audit", method: "GET", asOperator: true },
  { path: "/api/ops/find", method: "POST", asOperator: true, fields: { q: text } },
  {
    path: "/api/ops/replay",
    method: "POST",
    asOperator: true,
    fields: { delivery: id },
  },
  { path: "/api/ops/replay-failed", method: "POST", asOperator: true, fields: {} },
  {
    path: "/api/ops/cancel",
    method: "POST",
    asOperator: true,
    fields: { delivery: id },
  },
  { path: "/ops/webhooks", method: "GET", asOperator: true },
  { path: "/ops/webhooks/1", method: "GET", asOperator: true },
  {
    path: "/api/ops/replay-webhook",
    method: "POST",
    asOperator: true,
    fields: { webhook: id },
  },
  { path: "/api/ops/sign-out", method: "POST", fields: {} },
  { path: "/no-such-page", method: "GET" },
];
