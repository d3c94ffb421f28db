/** A part runs, and has not said in time that it is ready. Whatever listens on its port is its own. */
export class NotReadyError extends Error {
  override readonly name = "NotReadyError";
}
