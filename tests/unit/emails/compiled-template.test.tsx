import fc from "fast-check";
import { Button, Html, Link, render, Text } from "react-email";
import { describe, expect, test } from "vitest";
import { compileTemplate } from "@/emails/compiled-template";

type Values = { name: string; url: string };

/** Values in text, beside text, in an attribute, in a link, and twice. */
function Letter({ name, url }: Values) {
  return (
    <Html lang="en">
      <Text title={name}>{`Dear ${name}, and again ${name}`}</Text>
      <Text>{name}</Text>
      <Button href={url}>Open</Button>
      <Link href={url}>{url}</Link>
    </Html>
  );
}

const compileLetter = () =>
  compileTemplate<keyof Values>((values) => <Letter {...values} />, ["name", "url"]);
const expectSame = async (values: Values) => {
  const fill = await compileLetter();
  expect(fill(values)).toBe(await render(<Letter {...values} />));
};

describe("a compiled template gives the same bytes as a full render", () => {
  test.each([
    ["markup", "<b>Ada</b><script>alert(1)</script>"],
    ["entities", "Ada &amp; Bob & <3"],
    ["both kinds of quotes", `"Ada" 'Lovelace'`],
    ["replacement patterns", "$& $1 $` $' $$ $<name>"],
    ["leading zeros", "000042"],
    ["other scripts and marks", "Αδα أدا אדה 阿達 👩‍💻 ʼ\u202eabc"],
    ["line ends", "Ada\nLovelace\tCountess"],
    ["nothing", ""],
    ["what a marker looks like", "xLatchkeySlot6e616d65x xLatchkeySlot75726cx"],
    ["a half of a surrogate pair", "a\ud800b"],
  ])("with %s in a value", async (_, name) => {
    await expectSame({ name, url: `https://latchkey.example/?a=1&b=${encodeURIComponent("<'\">")}&c='x'` });
  });

  test("with any value", { timeout: 30_000 }, async () => {
    const value = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 40 }),
      fc.stringMatching(/^[<>&"'$`;#x0-9a-f]{0,20}$/),
    );
    await fc.assert(
      // React takes NUL out of what it renders; no value of ours can hold one.
      fc.asyncProperty(
        value,
        fc.webUrl({ withQueryParameters: true, withFragments: true }),
        async (name, url) => {
          await expectSame({ name: name.replaceAll("\0", ""), url });
        },
      ),
      { numRuns: 150 },
    );
  });
});

test("a value is never searched for markers of other values", async () => {
  const fill = await compileLetter();
  const marker = `xLatchkeySlot${Buffer.from("url").toString("hex")}x`;
  expect(fill({ name: marker, url: "https://secret.example" })).toContain(
    `Dear ${marker}, and again ${marker}`,
  );
});

test("a template that does not show a value is refused, since the value would be lost", async () => {
  const compiling = compileTemplate<"name">(() => <Text>Hello</Text>, ["name"]);
  await expect(compiling).rejects.toThrow('does not show its value "name"');
});
