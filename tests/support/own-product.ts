// A product of a test file's own, with settings or troubles that all the other tests must not meet.
import path from "node:path";
import { type Product, startProduct } from "./product";

/**
 * Starts a product in `.latchkey/<name>`; until `stop`, the helpers of this worker (people, mailbox, engine) speak to
 * this one instead of the common one.
 */
export async function startOwnProduct(name: string, settings: Record<string, string>): Promise<Product> {
  const common = process.env.LATCHKEY_DIR;
  const dir = path.resolve(import.meta.dirname, "../../.latchkey", name);
  const product = await startProduct(dir, settings);
  process.env.LATCHKEY_DIR = dir;
  return {
    ...product,
    async stop() {
      if (common === undefined) delete process.env.LATCHKEY_DIR;
      else process.env.LATCHKEY_DIR = common;
      await product.stop();
    },
  };
}
