// CEL expressions of triggers, cancelOn, waitForEvent and keys. `event` is the event that started the run,
// `async` the one that just came. As on the real server a missing field is null, not an error, and an
// expression that cannot be evaluated (say, a text compared with a number by <) is false.
import { createHash } from "node:crypto";
import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { isObject } from "./json.ts";

const environment = new Environment({ limits: { maxAstNodes: 500, maxDepth: 50 } })
  .registerVariable("event", "dyn")
  .registerVariable("async", "dyn");

/** For searching among runs: what started them, and what came out of them. */
const searching = new Environment({ limits: { maxAstNodes: 500, maxDepth: 50 } })
  .registerVariable("event", "dyn")
  .registerVariable("output", "dyn");

const ROOTS = ["event", "async", "output"] as const;
type Root = (typeof ROOTS)[number];
type Path = { root: Root; keys: string[] };
type Variables = { event: unknown; async?: unknown; output?: unknown };

export type Expression = {
  /** False when its value can be neither true nor false, whatever the events are. */
  isCondition: boolean;
  /** Whether the expression is true of these events. */
  matches(variables: Variables): boolean;
  /** The expression's value, null when it has none. For keys. */
  value(variables: Variables): unknown;
  /**
   * Set when the expression demands `event.a.b == async.c.d`: then two events can match only when these two
   * values are the same, which an index can look up.
   */
  equality: { event: Path; async: Path } | null;
};

const compiled = new Map<string, Expression | Error>();
const COMPILED_MAX = 5_000;

/** Compiles an expression. Throws a sentence when it is not one; results are remembered. */
export function compileExpression(source: string): Expression {
  let known = compiled.get(source);
  if (!known) {
    known = tryCompile(source, environment);
    if (compiled.size >= COMPILED_MAX) compiled.clear();
    compiled.set(source, known);
  }
  if (known instanceof Error) throw known;
  return known;
}

/** Compiles a search over `event` and `output`; the error says, in sentences, why it is not one. */
export function compileSearch(
  source: string,
): ((run: { event: unknown; output: unknown }) => boolean) | Error {
  // Anybody's address, opened by any page, is a search; one that is made for it keeps the engine from all else.
  if (/\bmatches\s*\(/.test(source))
    return new Error(
      "A search takes no regular expressions. contains(), startsWith() and endsWith() look into texts.",
    );
  const expression = tryCompile(source, searching);
  if (expression instanceof Error) return new Error(`This is not an expression. ${expression.message}`);
  if (!expression.isCondition)
    return new Error("This is no condition: what comes of it is never true or false.");
  return expression.matches;
}

/** Whether a search reckons, with a space on each side of its sign: `1 + 1`, but not an id like `2026-7`. */
export function isReckoning(source: string): boolean {
  return /\s[-+*/%]\s/.test(source) && !(tryCompile(source, searching) instanceof Error);
}

function tryCompile(source: string, language: Environment): Expression | Error {
  try {
    const program = language.parse(source);
    const check = program.check();
    if (!check.valid) return new Error(firstLine(check.error?.message ?? "it does not type-check"));
    const paths: Path[] = [];
    collectPaths(program.ast, paths);
    const evaluate = (variables: Variables): unknown => {
      const { event, async = {}, output = null } = variables;
      const context: Record<string, unknown> = language === searching ? { event, output } : { event, async };
      for (const path of paths) context[path.root] = withPath(context[path.root], path.keys);
      try {
        return plainValue(program(context));
      } catch {
        return null;
      }
    };
    return {
      isCondition: isCondition(program.ast, check.type),
      matches: (variables) => evaluate(variables) === true,
      value: evaluate,
      equality: findEquality(program.ast),
    };
  } catch (error) {
    return new Error(firstLine(error instanceof Error ? error.message : String(error)));
  }
}

/** What fields hold has no type before it is looked at, but what is reckoned with it is never a truth. */
function isCondition({ op }: ASTNode, type: string | undefined): boolean {
  return type === "bool" || (type === "dyn" && !/^([-+*/%]|-_)$/.test(op));
}

/**
 * The value that an event must carry, and where, to match an expression that demands an equality: what an
 * index stores for something that waits. Null when the expression demands none, or the value is not a scalar.
 */
export function lookupKey(expression: Expression, event: unknown): string | null {
  if (!expression.equality) return null;
  let current = event;
  for (const key of expression.equality.event.keys) current = isObject(current) ? current[key] : undefined;
  return isScalar(current) ? scalarKey(expression.equality.async.keys, current) : null;
}

const LOOKUP_KEYS_MAX = 200;

/**
 * Every lookup key that this event could answer. Null when it has too many fields to list: then whatever
 * waits for an event of this name has to be looked at.
 */
export function lookupKeysOf(event: unknown): string[] | null {
  const keys: string[] = [];
  const visit = (value: unknown, path: readonly string[]): void => {
    if (keys.length > LOOKUP_KEYS_MAX) return;
    if (isScalar(value)) keys.push(scalarKey(path, value));
    else if (isObject(value)) for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
  };
  visit(event, []);
  return keys.length > LOOKUP_KEYS_MAX ? null : keys;
}

type Scalar = string | number | boolean;

function isScalar(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** Hashed when long or odd, so that it fits an index and a text column. */
function scalarKey(path: readonly string[], value: Scalar): string {
  const key = `${path.join(".")}=${JSON.stringify(value)}`;
  return key.length > 200 || !key.isWellFormed() || key.includes("\\u")
    ? createHash("sha256").update(key).digest("hex")
    : key;
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? text;
}

/** CEL's integers are bigint; JSON knows only numbers. */
function plainValue(value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : (value ?? null);
}

function pathOf(node: ASTNode): Path | null {
  if (node.op === "id") {
    const root = ROOTS.find((name) => name === node.args);
    return root === undefined ? null : { root, keys: [] };
  }
  if (node.op === ".") {
    const parent = pathOf(node.args[0]);
    return parent && { root: parent.root, keys: [...parent.keys, node.args[1]] };
  }
  if (node.op === "[]") {
    const parent = pathOf(node.args[0]);
    const key = node.args[1];
    if (!parent || key.op !== "value" || typeof key.args !== "string") return null;
    return { root: parent.root, keys: [...parent.keys, key.args] };
  }
  return null;
}

function isNode(value: unknown): value is ASTNode {
  return isObject(value) && typeof value.op === "string" && "args" in value;
}

/** Finds the fields an expression reads. has(…) is left out: there, missing must stay missing. */
function collectPaths(node: ASTNode, into: Path[]): void {
  const path = pathOf(node);
  if (path) {
    if (path.keys.length > 0) into.push(path);
    return;
  }
  if (node.op === "call" && node.args[0] === "has") return;
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (isNode(value)) collectPaths(value, into);
  };
  visit(node.args);
}

/** The object with `keys` present: what is missing becomes null. Copies only what it changes. */
function withPath(value: unknown, keys: readonly string[]): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return value ?? null;
  if (value === undefined || value === null) return { [key]: withPath(undefined, rest) };
  if (!isObject(value)) return value;
  const before = Object.hasOwn(value, key) ? value[key] : undefined;
  const after = withPath(before, rest);
  return after === before ? value : { ...value, [key]: after };
}

function findEquality(node: ASTNode): { event: Path; async: Path } | null {
  if (node.op === "&&") return findEquality(node.args[0]) ?? findEquality(node.args[1]);
  if (node.op !== "==") return null;
  const left = pathOf(node.args[0]);
  const right = pathOf(node.args[1]);
  if (!left || !right || left.root === right.root) return null;
  return left.root === "event" ? { event: left, async: right } : { event: right, async: left };
}
