import fc from "fast-check";
import { render, toPlainText } from "react-email";
import { describe, expect, test } from "vitest";
import { CODE_LIFETIME_SECONDS } from "@/domain/confirmation-code";
import AddressChangedEmail from "@/emails/address-changed-email";
import ConfirmationEmail from "@/emails/confirmation-email";
import ExistingAccountEmail from "@/emails/existing-account-email";
import PasswordChangedEmail from "@/emails/password-changed-email";
import { EMAIL_TEMPLATES, type RenderedEmail, renderEmail } from "@/emails/render";
import WelcomeEmail from "@/emails/welcome-email";
import { textsOf } from "@/messages/catalog";
import { directionOf, LANGUAGES, type Language, tagOf } from "@/messages/languages";

const APP = "https://latchkey.example";

/** Every template with its PreviewProps, and the variants that optional values make. */
const SAMPLES: [string, (language: Language) => Promise<RenderedEmail>][] = [
  [
    "confirmation",
    (language) => renderEmail("confirmation", { ...ConfirmationEmail.PreviewProps, language }),
  ],
  [
    "confirmation with a link",
    (language) =>
      renderEmail("confirmation", { code: "042519", confirmUrl: `${APP}/confirm#c=abc&d='e'`, language }),
  ],
  [
    "confirmation with every link",
    (language) =>
      renderEmail("confirmation", {
        code: "042519",
        confirmUrl: `${APP}/confirm/link#abc`,
        notMeUrl: `${APP}/not-me#def`,
        language,
      }),
  ],
  [
    "existing_account with a link for strangers",
    (language) =>
      renderEmail("existing_account", {
        signInUrl: `${APP}/sign-in`,
        notMeUrl: `${APP}/not-me#def`,
        language,
      }),
  ],
  [
    "address_changed",
    (language) => renderEmail("address_changed", { ...AddressChangedEmail.PreviewProps, language }),
  ],
  [
    "address_changed with every link",
    (language) =>
      renderEmail("address_changed", {
        code: "042519",
        confirmUrl: `${APP}/confirm/link#abc`,
        notMeUrl: `${APP}/not-me#def`,
        language,
      }),
  ],
  ["welcome", (language) => renderEmail("welcome", { ...WelcomeEmail.PreviewProps, language })],
  [
    "welcome without a username",
    (language) => renderEmail("welcome", { email: "ada@example.com", signInUrl: `${APP}/sign-in`, language }),
  ],
  [
    "password_changed",
    (language) => renderEmail("password_changed", { ...PasswordChangedEmail.PreviewProps, language }),
  ],
  [
    "existing_account",
    (language) => renderEmail("existing_account", { ...ExistingAccountEmail.PreviewProps, language }),
  ],
];
const MAILS = LANGUAGES.flatMap((language) =>
  SAMPLES.map(([name, sample]) => ({ language, name, renderMail: () => sample(language) })),
);

test("every template is looked at below", () => {
  expect(EMAIL_TEMPLATES.every((template) => SAMPLES.some(([name]) => name === template))).toBe(true);
});

describe.each(MAILS)("the $name mail in $language", ({ language, renderMail }) => {
  test("is small enough to be shown whole: under 30 KB", async () => {
    const { html, text } = await renderMail();
    expect(Buffer.byteLength(html)).toBeLessThan(30 * 1024);
    expect(Buffer.byteLength(text)).toBeLessThan(4 * 1024);
  });

  test("names its language and direction, also where a webmail keeps nothing around the body", async () => {
    const { html } = await renderMail();
    const [lang, dir] = [tagOf(language), directionOf(language)];
    expect(html).toContain(`<html dir="${dir}" lang="${lang}">`);
    expect(html).toMatch(
      new RegExp(`<body[^>]* lang="${lang}" dir="${dir}"|<body lang="${lang}" dir="${dir}"`),
    );
    expect(html).toMatch(new RegExp(`<table[^>]* lang="${lang}" dir="${dir}"[^>]* class="lk-page"`));
  });

  test("has a preview line first in the body, hidden", async () => {
    const { html } = await renderMail();
    const body = html.slice(html.indexOf("<body"));
    const firstText = />([^<>]*\p{L}[^<>]*)</u.exec(body.replace(/<!--.*?-->/g, ""));
    expect(firstText?.[1]?.length).toBeGreaterThan(12);
    expect(body.slice(0, body.indexOf(firstText?.[1] ?? "missing"))).toContain("display:none");
  });

  test("says that it is right in light and dark", async () => {
    const { html } = await renderMail();
    expect(html).toContain('<meta name="color-scheme" content="light dark"/>');
    expect(html).toContain('<meta name="supported-color-schemes" content="light dark"/>');
    expect(html).toContain("@media (prefers-color-scheme: dark)");
  });

  test("has a class wherever it has a colour, so that dark mode reaches all of it", async () => {
    const { html } = await renderMail();
    const coloured = [...html.matchAll(/<[a-z0-9]+\b[^>]*style="[^"]*color:[^"]*"[^>]*>/g)].map(
      ([tag]) => tag,
    );
    expect(coloured.length).toBeGreaterThan(8);
    for (const tag of coloured) expect(tag).toMatch(/class="lk-[a-z]+"/);
    for (const [, name] of html.matchAll(/class="([^"]+)"/g)) expect(html).toContain(`.${name} {`);
  });

  test("needs no image, no script, no font and nothing else from elsewhere", async () => {
    const { html } = await renderMail();
    expect(html).not.toMatch(
      /<(script|img|link|iframe|form|object|embed|video)\b|@import|@font-face|url\(|\son[a-z]+=/i,
    );
  });

  test("links only to the app", async () => {
    const { html, text } = await renderMail();
    for (const [, href] of html.matchAll(/href="([^"]*)"/g))
      expect(href).toMatch(/^https:\/\/latchkey\.example\//);
    for (const [url] of text.matchAll(/[a-z]+:\/\/\S+/gi))
      expect(url).toMatch(/^https:\/\/latchkey\.example\//);
  });

  test("has one heading, and tables that say they are only layout", async () => {
    const { html } = await renderMail();
    expect(html.match(/<h1\b/g)).toHaveLength(1);
    expect(html.match(/<table\b/g)?.length).toBe(html.match(/<table\b[^>]*role="presentation"/g)?.length);
  });

  test("uses px only, no flex and no grid", async () => {
    const { html } = await renderMail();
    const styles = [...html.matchAll(/style="([^"]*)"/g)].map(([, style]) => style ?? "");
    expect(styles.length).toBeGreaterThan(10);
    for (const style of styles) expect(style).not.toMatch(/[0-9](rem|em|vw|vh)\b|flex|grid|position:/);
  });

  test("says in plain text what it says in HTML, and the other way round", async () => {
    const { html, text } = await renderMail();
    const words = (what: string) => what.replace(/--\n/g, "").replace(/\s+/g, " ").trim();
    const shown = words(
      toPlainText(html, { selectors: [{ selector: "h1", options: { uppercase: false } }] }),
    );
    for (const line of text.split("\n").filter((line) => line !== "" && line !== "--"))
      expect(shown).toContain(words(line));
    // Only what needs no twin is missing from the text: the wordmark, and what leads to a link.
    const missing = toPlainText(html, { selectors: [{ selector: "h1", options: { uppercase: false } }] })
      .split("\n")
      .map(words)
      .filter((line) => line !== "" && !words(text).includes(line));
    const { t } = textsOf(language);
    const alone = [
      "Latchkey",
      t("mails.confirmation.orOpen"),
      t("mails.existingAccount.orOpen"),
      t("mails.welcome.orOpen"),
    ].map(words);
    const buttons = [
      t("mails.existingAccount.button"),
      t("mails.confirmation.button"),
      t("mails.passwordChanged.button"),
      t("mails.welcome.button"),
      t("mails.notMe.label"),
    ];
    for (const line of missing)
      expect(alone.includes(line) || buttons.some((label) => line.startsWith(`${label} https:`)), line).toBe(
        true,
      );
  });

  test("is the same bytes every time", async () => {
    expect(await renderMail()).toEqual(await renderMail());
  });

  test("has a subject of one short line", async () => {
    const { subject } = await renderMail();
    expect(subject).toMatch(/^[^\p{Cc}]{6,60}$/u);
  });
});

describe("the confirmation mail", () => {
  test("shows the code in subject, HTML and text, as one run of large, spaced, fixed-width digits", async () => {
    const { subject, html, text } = await renderEmail("confirmation", { code: "004213" });
    expect(subject).toBe("004213 is your Latchkey code");
    expect(text).toMatch(/^ +004213$/m);
    const style = /style="([^"]*)">004213</.exec(html)?.[1] ?? "";
    expect(style).toContain("monospace");
    expect(Number(/font-size:([0-9]+)px/.exec(style)?.[1])).toBeGreaterThanOrEqual(24);
    expect(Number(/letter-spacing:([0-9]+)px/.exec(style)?.[1])).toBeGreaterThanOrEqual(4);
  });

  test("holds no other number of six digits, in which a phone could see the code", async () => {
    const { html, text } = await renderEmail("confirmation", { code: "004213" });
    const visible = `${html.replace(/<style>.*?<\/style>/s, "").replace(/#[0-9a-f]{6}\b/g, "")} ${text}`;
    expect(new Set(visible.match(/(?<![0-9])[0-9]{6}(?![0-9])/g))).toEqual(new Set(["004213"]));
  });

  test("says how long the code works, as long as it does", async () => {
    const { text } = await renderEmail("confirmation", { code: "004213" });
    expect(text).toContain(`${CODE_LIFETIME_SECONDS / 60} minutes`);
  });

  test("equals a full render for every code and link", { timeout: 30_000 }, async () => {
    const code = fc.integer({ min: 0, max: 999_999 }).map((number) => String(number).padStart(6, "0"));
    const link = fc.option(fc.webUrl({ withQueryParameters: true, withFragments: true }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(code, link, async (code, confirmUrl) => {
        const props = { code, ...(confirmUrl === undefined ? {} : { confirmUrl }) };
        const mail = await renderEmail("confirmation", props);
        expect(mail.html).toBe(await render(<ConfirmationEmail {...props} />));
        if (confirmUrl !== undefined) expect(mail.text).toContain(`\n${confirmUrl}\n`);
      }),
      { numRuns: 60 },
    );
  });

  test.each(["", "12345", "1234567", "12 456", "<b>123", "١٢٣٤٥٦", "123456\r\nBcc: x@y.z"])(
    "is refused for %j, which is no code",
    async (code) => {
      await expect(renderEmail("confirmation", { code })).rejects.toThrow("six digits");
    },
  );
});

describe("the mail about a changed address", () => {
  test("says so, and that earlier codes are over; otherwise it is a mail with a code like any other", async () => {
    const { subject, text } = await renderEmail("address_changed", { code: "004213" });
    expect(subject).toBe("004213 is your new Latchkey code");
    expect(text).toMatch(/^ +004213$/m);
    expect(text).toContain("was changed to this one. The codes and links of earlier mails do not work");
    await expect(renderEmail("address_changed", { code: "12345" })).rejects.toThrow("six digits");
  });
});

describe("the mail of welcome", () => {
  const given = { email: "ada@example.com", username: "ada", signInUrl: `${APP}/sign-in` };

  test("says with what and where somebody signs in, and that nobody asks for the password", async () => {
    const { html, text } = await renderEmail("welcome", given);
    for (const shown of [given.email, given.username, given.signInUrl]) expect(html).toContain(`>${shown}<`);
    expect(text).toContain("Email address  ada@example.com\n    Username  ada\n");
    expect(text).toContain("Nobody from Latchkey will ever ask you for your password.");
  });

  test("equals a full render for every address and name", { timeout: 30_000 }, async () => {
    const username = fc.option(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{2,29}$/), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(fc.emailAddress(), username, async (email, name) => {
        const props = {
          email,
          signInUrl: given.signInUrl,
          ...(name === undefined ? {} : { username: name }),
        };
        const mail = await renderEmail("welcome", props);
        expect(mail.html).toBe(await render(<WelcomeEmail {...props} />));
        expect(mail.text).toContain(email);
      }),
      { numRuns: 60 },
    );
  });

  test.each(["", "ada lovelace", "ada\nhttps://evil.example", "ada\u202e", "a".repeat(255)])(
    "is refused for the name or address %j, which is not one word",
    async (value) => {
      await expect(renderEmail("welcome", { ...given, username: value })).rejects.toThrow("not one word");
      await expect(renderEmail("welcome", { ...given, email: value })).rejects.toThrow("not one word");
    },
  );
});

describe("a link", () => {
  test.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "/sign-in",
    "",
    "https://latchkey.example/a b",
    "https://latchkey.example/\r\nx",
  ])("is refused when it is %j", async (url) => {
    await expect(renderEmail("existing_account", { signInUrl: url })).rejects.toThrow("not an http(s) URL");
    await expect(renderEmail("confirmation", { code: "123456", confirmUrl: url })).rejects.toThrow(
      "not an http(s) URL",
    );
  });

  test("cannot leave its attribute", async () => {
    const signInUrl = `https://latchkey.example/?a="><b>&'`;
    const { html } = await renderEmail("existing_account", { signInUrl });
    expect(html).toBe(await render(<ExistingAccountEmail signInUrl={signInUrl} />));
    expect(html).not.toContain("<b>");
  });
});

test("another direction is another mail, not the one before", async () => {
  await renderEmail("confirmation", { code: "123456" });
  const { html } = await renderEmail("confirmation", { code: "123456", dir: "rtl" });
  expect(html).toContain('<html dir="rtl" lang="en">');
  // Whatever is beside the edge changes sides; what is not words keeps its own direction.
  expect(html).not.toMatch(/(align=|text-align:)"?left/);
  expect(html).toMatch(/<span dir="ltr"[^>]*>123456</);
  expect(html).toBe(await render(<ConfirmationEmail code="123456" dir="rtl" />));
});

test("the second mail of a kind costs a small part of a full render", async () => {
  const cpuMs = async (times: number, work: (index: number) => Promise<unknown>) => {
    const start = process.cpuUsage();
    for (let index = 0; index < times; index++) await work(index);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000 / times;
  };
  const full = () => render(<ConfirmationEmail code="123456" />);
  const filled = (index: number) => renderEmail("confirmation", { code: String(100_000 + index) });
  await cpuMs(5, full);
  await cpuMs(50, filled);
  // Ratios, measured in one run: this machine's speed does not matter.
  expect(await cpuMs(400, filled)).toBeLessThan((await cpuMs(20, full)) / 4);
});
