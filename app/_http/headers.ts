// Headers of ours between proxy.ts and the pages. A request that brings them along has them overwritten.

/** The address of the page that is being made, as own-address.ts names it: server components are not told. */
export const ADDRESS_HEADER = "x-latchkey-address";
