import { describe, expect, test } from "vitest";
import { createPreview } from "@/emails/preview";
import { EMAIL_TEMPLATES } from "@/emails/render";

const preview = createPreview();
const get = async (path: string) => {
  const response = await preview.request(path);
  return { status: response.status, headers: response.headers, body: await response.text() };
};

describe("the preview", () => {
  test("leads to every template", async () => {
    expect((await get("/")).headers.get("location")).toBe("/confirmation");
    const { body } = await get("/confirmation");
    for (const template of EMAIL_TEMPLATES) expect(body).toContain(`href="/${template.replace("_", "-")}?`);
  });

  test("shows subject, HTML and text of one mail", async () => {
    const { body } = await get("/confirmation?width=360&scheme=dark");
    expect(body).toContain("<h1>042519 is your Latchkey code</h1>");
    expect(body).toContain('src="/confirmation/html?scheme=dark&language=en"');
    expect(body).toContain("width: 360px");
    expect((await get("/confirmation/text")).body).toMatch(/^Confirm your email address\n/);
  });

  test("shows the mail itself, in light or dark as asked, and lets it run nothing", async () => {
    const dark = await get("/confirmation/html?scheme=dark");
    expect(dark.body).toContain("@media all {");
    expect(dark.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect((await get("/confirmation/html")).body).toContain("@media not all {");
  });

  test.each(["/nothing", "/nothing/html", "/toString", "/constructor/text", "/__proto__/html"])(
    "has no %s",
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );
});
