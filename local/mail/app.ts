// The HTTP side: who may ask, and which room answers. Resend's API at the root, our own under /_/, the pages between.
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import type { Aftermath } from "./aftermath.ts";
import type { DialStore } from "./dial.ts";
import { guard } from "./guard.ts";
import { inboxApi } from "./inbox/api.ts";
import type { Intake } from "./intake.ts";
import { addPages } from "./pages/routes.ts";
import { ResendError } from "./resend/errors.ts";
import { resendRoutes } from "./resend/routes.ts";
import type { Store } from "./store.ts";
import type { Webhooks } from "./webhooks.ts";

export type Parts = {
  store: Store;
  dial: DialStore;
  aftermath: Aftermath;
  intake: Intake;
  webhooks: Webhooks;
  apiKey: string | null;
  url: string;
  smtpUrl: string;
  log: (message: string) => void;
};

export function createApp(parts: Parts): Hono<{ Bindings: HttpBindings }> {
  const { store, webhooks, log } = parts;
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(guard());
  app.get("/health", (c) => c.json({ status: "ok", mails: store.size, webhooks_waiting: webhooks.queued }));
  app.route("/emails", resendRoutes(parts));
  app.route("/_", inboxApi(parts));
  addPages(app, parts);
  // What else Resend has, and what nobody has: https://resend.com/docs/api-reference/errors#not-found.
  app.notFound(() =>
    new ResendError(
      404,
      "not_found",
      "The requested endpoint does not exist on the local mail server.",
    ).toResponse(),
  );
  app.onError((error, c) => {
    if (error instanceof ResendError) return error.toResponse();
    // JSON is read however deep it is nested, and can be worked with only so far.
    if (error instanceof RangeError)
      return new ResendError(422, "validation_error", "The request body is nested too deep.").toResponse();
    log(`${c.req.method} ${c.req.path} failed: ${error.message}`);
    return new ResendError(
      500,
      "internal_server_error",
      "The local mail server could not do this; its log says why.",
    ).toResponse();
  });
  return app;
}
