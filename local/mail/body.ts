// Keeps request bodies bounded.
import type { Context, MiddlewareHandler } from "hono";

/** How much more than allowed is still read, and thrown away, so that the client gets to hear the answer. */
const PATIENCE = 4;

/** Answers with `refuse` when the body is larger than `bytesMax`. */
export function limitBody(bytesMax: number, refuse: (c: Context) => Response): MiddlewareHandler {
  return async (c, next) => {
    const announced = c.req.header("content-length");
    // Node itself reads no more than was announced. Asking for the body as a stream all the same would cost a third
    // of the whole request.
    if (announced !== undefined && c.req.header("transfer-encoding") === undefined) {
      if (Number(announced) <= bytesMax) return await next();
      if (Number(announced) <= PATIENCE * bytesMax) await readUpTo(c, bytesMax);
      return refuse(c);
    }
    const body = await readUpTo(c, bytesMax);
    if (body === null) return refuse(c);
    if (body.byteLength > 0) c.req.raw = new Request(c.req.raw, { body });
    return await next();
  };
}

/** The body, or null when it is larger than `bytesMax`. */
async function readUpTo(c: Context, bytesMax: number): Promise<Buffer<ArrayBuffer> | null> {
  const reader = c.req.raw.body?.getReader();
  if (!reader) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size <= PATIENCE * bytesMax) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size <= bytesMax) chunks.push(value);
    else chunks.length = 0;
  }
  return size > bytesMax ? null : Buffer.concat(chunks);
}
