// The engine's HTTP side: who may ask, and which room answers.
import { Hono } from "hono";
import type { Context } from "./engine.ts";
import { guard, refuseNul } from "./guard.ts";
import { addClock } from "./routes/clock.ts";
import { addEvents } from "./routes/events.ts";
import { addForget } from "./routes/forget.ts";
import { addLive } from "./routes/live.ts";
import { addPageActions } from "./routes/page-actions.ts";
import { addPages } from "./routes/pages.ts";
import { addRegister } from "./routes/register.ts";
import { addV0 } from "./routes/v0.ts";
import { addV1 } from "./routes/v1.ts";
import { addV2 } from "./routes/v2.ts";

export function createServer(context: Context): Hono {
  const app = new Hono();
  app.use(guard());
  app.use(refuseNul());
  app.use(async (c, next) => {
    await next();
    c.header("x-inngest-server-kind", context.signingKey === null ? "dev" : "cloud");
  });
  app.get("/health", (c) => c.json({ status: 200, message: "OK" }));
  addEvents(app, context);
  addRegister(app, context);
  addV0(app, context);
  addV1(app, context);
  addV2(app, context);
  addForget(app, context);
  addClock(app, context);
  addPages(app, context);
  addPageActions(app, context);
  addLive(app, context);
  app.notFound((c) =>
    c.json({ status: 404, error: `The local engine has no ${c.req.method} ${c.req.path}.` }, 404),
  );
  app.onError((error, c) => {
    // The path of an event holds its key.
    const path = c.req.path.replace(/^\/e\/[^/]+/, "/e/…");
    context.log(`${c.req.method} ${path} failed: ${error.message}`);
    return c.json({ status: 500, error: "The engine could not do this now; its log says why." }, 500);
  });
  return app;
}
