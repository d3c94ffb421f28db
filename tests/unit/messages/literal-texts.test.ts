// No text that a person reads stands in the code of the pages: it stands in messages/, where every language has it.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseSync } from "vite";
import { describe, expect, test } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** The same in every language. */
const NAMES = new Set(["Latchkey", "· Latchkey", "UTC", "npm start"]);
/** Attributes and props that are shown or read out. */
const SHOWN =
  /^(aria-(label|description|roledescription|valuetext)|alt|placeholder|title|label|hint|heading|name)$/;
/** `name` of these is a field's, and no text. */
const FIELDS = /^(input|select|button|meta|[A-Z]\w*Field|Field)$/;

type Node = { type: string; [property: string]: unknown };

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";

function children(node: Node): Node[] {
  return Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter(isNode);
}

const nodeAt = (node: Node, name: string): Node | null => {
  const found = node[name];
  return isNode(found) ? found : null;
};

/** What an expression can come to as text: literals, templates, and both branches of a choice. */
function literalsOf(node: Node): string[] {
  if (node.type === "Literal") return typeof node.value === "string" ? [node.value] : [];
  if (node.type === "TemplateLiteral")
    return [
      children(node)
        .flatMap((part) => (isNode(part) && part.type === "TemplateElement" ? [rawOf(part)] : []))
        .join(""),
    ];
  if (node.type === "ConditionalExpression")
    return ["consequent", "alternate"].flatMap((branch) => {
      const found = nodeAt(node, branch);
      return found ? literalsOf(found) : [];
    });
  if (
    node.type === "LogicalExpression" ||
    node.type === "JSXExpressionContainer" ||
    node.type === "ParenthesizedExpression"
  )
    return children(node).flatMap(literalsOf);
  return [];
}

function rawOf({ value }: Node): string {
  return typeof value === "object" && value !== null && "raw" in value ? String(value.raw) : "";
}

/** Every text in JSX that is written where it is shown. */
function findTexts(source: string, file = "a.tsx"): string[] {
  const found: string[] = [];
  const walk = (node: Node, element: string): void => {
    if (node.type === "JSXText") found.push(String(node.value));
    if (node.type === "JSXElement" || node.type === "JSXFragment")
      for (const child of children(node))
        if (child.type === "JSXExpressionContainer") found.push(...literalsOf(child));
    if (node.type === "JSXOpeningElement") {
      const name = String(nodeAt(node, "name")?.name ?? "");
      for (const child of children(node)) walk(child, name);
      return;
    }
    if (node.type === "JSXAttribute") {
      const attribute = String(nodeAt(node, "name")?.name ?? "");
      const value = nodeAt(node, "value");
      if (value && SHOWN.test(attribute) && !(attribute === "name" && FIELDS.test(element)))
        found.push(...literalsOf(value));
    }
    for (const child of children(node)) walk(child, element);
  };
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} cannot be read: ${errors[0]?.message}`);
  walk(program as unknown as Node, "");
  return found
    .map((text) => text.replace(/\s+/g, " ").trim())
    .filter((text) => /\p{L}/u.test(text) && !NAMES.has(text));
}

const files = ["app", "components"].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".tsx"))
    .map((name) => `${folder}/${name}`)
    .sort(),
);

describe("the code of the pages", () => {
  test.each(files)("holds no text of its own: %s", (file) => {
    expect(findTexts(readFileSync(path.join(ROOT, file), "utf8"), file)).toEqual([]);
  });

  test("is read whole: pages, and what they are made of", () => {
    expect(files.length).toBeGreaterThan(40);
    expect(files).toContain("app/global-error.tsx");
  });
});

describe("a text in the code", () => {
  test.each([
    ["<p>Sign in</p>", ["Sign in"]],
    ["<p>\n  Seen {t('a')}\n</p>", ["Seen"]],
    ['<p>{isNew ? "New" : <b>Old</b>}</p>', ["New", "Old"]],
    [`<p>{\`no \${n} tries\`}</p>`, ["no tries"]],
    ['<>{error ?? "Broken"}</>', ["Broken"]],
    ['<button aria-label="Close" />', ["Close"]],
    ["<Field name=\"email\" label={isNew ? 'Address' : t('b')} />", ["Address"]],
    ['<Fact name="Username">{name}</Fact>', ["Username"]],
  ])("is found wherever it is shown: %s", (source, texts) => {
    expect(findTexts(`const a = ${source};`)).toEqual(texts);
  });

  test.each([
    '<a href="/sign-in" className="grid gap-3">Latchkey</a>',
    '<input name="email" type="text" autoComplete="email" />',
    "<p key=\"a\">{t('register.title')} · 1</p>",
    '<li aria-current={isCurrent ? "step" : undefined}>{items.map((item) => item.name)}</li>',
  ])("is not what nobody reads: %s", (source) => {
    expect(findTexts(`const a = ${source};`)).toEqual([]);
  });
});
