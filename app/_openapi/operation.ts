// What is told of one call. From a list of these come the description, its page and the tests of both.
import type { z } from "zod";
import type { ComponentName } from "./answers";
import type { Refused } from "./problems";

export const TAGS = {
  Registration: "From a name, an address and a password to a confirmed account.",
  Links:
    "What the links of a mail do. They stand behind a `#`, so that no server sees them unless it is sent them.",
  "Signing in": "Tokens for a password, new tokens for old ones.",
  Account: "For accounts whose address is confirmed.",
  Operation: "For load balancers and monitors.",
} as const;
export type Tag = keyof typeof TAGS;

/**
 * Who may call. `claim`: with any token, also of a registration that is not confirmed; `account`: with a token of a
 * confirmed one; `perhaps`: anybody, and a token adds something.
 */
export type Access = "anybody" | "perhaps" | "claim" | "account";

export type AnswerExample = {
  /** Unique among the examples of its call. */
  name: string;
  /** The body that is answered so; left out for calls that take none. */
  sends?: unknown;
  /** The token that is sent, where that is not what `access` says. */
  as?: "claim" | "account" | "nobody";
  answer?: unknown;
};

export type Answer = {
  status: number;
  means: string;
  /** Null for an answer without a body. */
  schema: ComponentName | null;
  /** Server-sent events of `schema` instead of one. */
  isStream?: true;
  /** Sentences in it are in the language of the request. */
  hasSentences?: true;
  headers?: readonly HeaderName[];
  examples: readonly AnswerExample[];
};

export type Operation = {
  id: string;
  method: "get" | "post";
  path: string;
  tag: Tag;
  summary: string;
  /** Sentences of Markdown; paragraphs apart by an empty line. */
  description: string;
  access: Access;
  /** The body it takes; `passwordMin` is a setting. */
  takes?: (settings: { passwordMin: number }) => z.ZodType;
  /** The body may be left out. */
  isBodyOptional?: true;
  answers: readonly Answer[];
  refusals: readonly Refused[];
};

/** The headers that the description explains. */
export const HEADERS = {
  "Cache-Control": "`no-store`: an answer holds a person's state or tokens.",
  "Content-Language": "The language of the sentences in it.",
  Location: "Where the state of the confirmation can be read.",
  "Retry-After": "Seconds after which the same request will be accepted.",
  "WWW-Authenticate": "`Bearer` (RFC 9110, 11.6.1).",
} as const;
export type HeaderName = keyof typeof HEADERS;
