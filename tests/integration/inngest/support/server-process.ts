// A server process without Next: what runs beside requests, one mail begun by a request, and Next's way to end: on
// SIGTERM requests are let finish, and then process.exit() is called.
import { attemptDelivery } from "@/domain/email-delivery";
import { startServerProcess } from "@/inngest/server-process";
import { services } from "@/services";

const NEXT_ENDS_AFTER_MS = 50;

await startServerProcess(async () => {});
process.once("SIGTERM", () => {
  process.send?.("told to end");
  setTimeout(() => process.exit(0), NEXT_ENDS_AFTER_MS);
});
// A server listens.
setInterval(() => {}, 60_000);
process.on("message", (deliveryId: string) => {
  attemptDelivery(services(), deliveryId).then(
    (result) => process.send?.(result.outcome),
    (error: unknown) => process.send?.(String(error)),
  );
});
process.send?.("ready");
