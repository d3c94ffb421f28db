// What a source file imports and whether it reads the environment, by its syntax: text that only looks alike, or is
// written in another way, makes no difference.
import { parseSync } from "vite";

export type SourceFacts = {
  /** Everything that is imported by a name that stands there: statements, calls, types, `require`. */
  imports: string[];
  /** Imports whose target is only known when they run, as they are written. */
  computedImports: string[];
  /** `process.env` in any way of writing it, and whatever hands on the whole of `process`. */
  readsEnvironment: boolean;
};

type Node = { type: string; start: number; end: number } & Record<string, unknown>;

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";

/** Throws when the file is no program. `file` says by its ending which language it is. */
export function readSource(file: string, source: string): SourceFacts {
  const { program, errors } = parseSync(file, source);
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  const facts: SourceFacts = { imports: [], computedImports: [], readsEnvironment: false };
  walk(program as unknown as Node, null, "", (node, parent, key) => {
    const target = targetOf(node);
    if (target !== null) {
      const name = textOf(target);
      if (name === null) facts.computedImports.push(source.slice(node.start, node.end));
      else facts.imports.push(name);
      if (name !== null && /^(node:)?process$/.test(name)) facts.readsEnvironment = true;
    }
    if (handsOnEnvironment(node, parent, key)) facts.readsEnvironment = true;
  });
  return facts;
}

function walk(
  node: Node,
  parent: Node | null,
  key: string,
  visit: (node: Node, parent: Node | null, key: string) => void,
): void {
  visit(node, parent, key);
  for (const [name, value] of Object.entries(node))
    for (const child of Array.isArray(value) ? value : [value])
      if (isNode(child)) walk(child, node, name, visit);
}

/** What a node imports; null when it imports nothing. */
function targetOf(node: Node): unknown {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return node.source ?? null;
    case "TSExternalModuleReference":
      return node.expression;
    case "CallExpression": {
      const isRequire =
        isNode(node.callee) && node.callee.type === "Identifier" && node.callee.name === "require";
      return isRequire && Array.isArray(node.arguments) ? (node.arguments[0] ?? null) : null;
    }
    default:
      return null;
  }
}

/** The text of a literal, also of a template without anything put in; null for whatever has to be computed. */
function textOf(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : null;
  if (node.type === "TSLiteralType") return textOf(node.literal);
  if (node.type !== "TemplateLiteral" || !Array.isArray(node.quasis) || node.quasis.length !== 1) return null;
  const { value } = node.quasis[0] as { value: { cooked: string } };
  return value.cooked;
}

/** The name of what a member expression takes; null when it is computed. */
function memberOf(node: Node): string | null {
  if (node.computed) return textOf(node.property);
  return isNode(node.property) ? String(node.property.name) : null;
}

/** `process` may be asked for one thing other than `env`, and for its type; anything else may reach the environment. */
function handsOnEnvironment(node: Node, parent: Node | null, key: string): boolean {
  const isProcess =
    (node.type === "Identifier" && node.name === "process" && !isOnlyAName(parent, key)) ||
    (node.type === "MemberExpression" &&
      isNode(node.object) &&
      /^(globalThis|global)$/.test(String(node.object.name)) &&
      memberOf(node) === "process");
  if (!isProcess) return false;
  if (parent?.type === "UnaryExpression" && parent.operator === "typeof") return false;
  if (parent?.type === "TSTypeQuery" || parent?.type === "TSQualifiedName") return false;
  if (parent?.type !== "MemberExpression" || key !== "object") return true;
  const member = memberOf(parent);
  return member === null || member === "env";
}

/** `{ process: … }`, `x.process`: a property of something else. */
function isOnlyAName(parent: Node | null, key: string): boolean {
  if (parent?.computed) return false;
  return key === "key" || (key === "property" && parent?.type === "MemberExpression");
}
