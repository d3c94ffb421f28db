import { describe, expect, test } from "vitest";
import { createNonce, hasHsts, pagePolicy, securityHeaders } from "@/app/_http/security-headers";
import { UNAVAILABLE_SCRIPT } from "@/app/_http/unavailable-page";

const stylesheets = [{ sha256: "bm8gc3R5bGU=" }];
const page = { nonce: "abc", isSecure: true, isDevelopment: false, stylesheets };

describe("ASVS 3.4.3: the policy of a page", () => {
  test("allows no script without the nonce, and no style that is not the build's, outside development", () => {
    expect(pagePolicy(page)).not.toMatch(/unsafe-|\*|data: .*script/);
    expect(pagePolicy(page)).toContain("script-src 'nonce-abc' 'strict-dynamic'");
    expect(pagePolicy(page)).toContain("style-src 'self' 'sha256-bm8gc3R5bGU=' 'sha256-");
  });

  test("takes any style where those of the build are not noted, and still no script", () => {
    const policy = pagePolicy({ ...page, stylesheets: null });
    expect(policy).toContain("style-src 'self' 'unsafe-inline';");
    expect(policy).toContain(`script-src 'nonce-abc' 'strict-dynamic' ${UNAVAILABLE_SCRIPT};`);
  });

  test("sends everything over TLS where the site has it", () => {
    expect(pagePolicy(page)).toContain("upgrade-insecure-requests");
    expect(pagePolicy({ ...page, isSecure: false })).not.toContain("upgrade-insecure-requests");
  });
});

describe("the headers", () => {
  test("ASVS 3.4.1: ask for two years of TLS in production, and not on loopback", () => {
    expect(securityHeaders(null, true)["strict-transport-security"]).toMatch(/^max-age=63072000/);
    expect(securityHeaders(null, false)["strict-transport-security"]).toBeUndefined();
    expect(hasHsts("https://example.com")).toBe(true);
    for (const url of ["http://example.com", "https://localhost:3000", "https://127.0.0.1", "https://[::1]"])
      expect(hasHsts(url), url).toBe(false);
  });
});

test("no two pages share a nonce of 128 bits", () => {
  const nonces = Array.from({ length: 1_000 }, createNonce);
  expect(new Set(nonces).size).toBe(1_000);
  for (const nonce of nonces) expect(Buffer.from(nonce, "base64")).toHaveLength(16);
});
