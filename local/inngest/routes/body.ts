// Request bodies: read no further than allowed.
import { bodyLimit } from "hono/body-limit";
import { REQUEST_BYTES_MAX } from "../protocol.ts";

export const limitBody = bodyLimit({
  maxSize: REQUEST_BYTES_MAX,
  onError: (c) => c.json({ ids: [], status: 413, error: "The request is larger than 4 MB." }, 413),
});
