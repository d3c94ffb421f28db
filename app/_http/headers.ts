// Headers of ours between proxy.ts and the pages. A request that brings them along has them overwritten.

/** The path of the page that is being made: server components are not told. */
export const PATH_HEADER = "x-latchkey-path";
