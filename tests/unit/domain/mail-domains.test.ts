import { describe, expect, test, vi } from "vitest";
import { createMailDomains, type Lookups } from "@/domain/mail-domains";

const dnsError = (code: string) => Object.assign(new Error(code), { code });
const never = () => new Promise<never>(() => {});

function lookups(change: Partial<Lookups> = {}): Lookups {
  return {
    resolveMx: async () => [{ exchange: "mx.example.com" }],
    resolveAddresses: async () => ["203.0.113.7"],
    resolveKnown: async () => ["a.gtld-servers.net"],
    ...change,
  };
}

describe("a domain", () => {
  test("with a mail server takes mail", async () => {
    expect(await createMailDomains(lookups()).takesMail("a.com")).toBe(true);
  });

  test("without MX takes mail at its own address (RFC 5321 5.1)", async () => {
    const none = { resolveMx: () => Promise.reject(dnsError("ENODATA")) };
    expect(await createMailDomains(lookups(none)).takesMail("a.com")).toBe(true);
  });

  test("with a null MX takes none (RFC 7505)", async () => {
    for (const exchange of ["", "."])
      expect(
        await createMailDomains(lookups({ resolveMx: async () => [{ exchange }] })).takesMail("a.com"),
      ).toBe(false);
  });

  test("that does not exist takes none", async () => {
    const gone = () => Promise.reject(dnsError("ENOTFOUND"));
    expect(
      await createMailDomains(lookups({ resolveMx: gone, resolveAddresses: gone })).takesMail("a.com"),
    ).toBe(false);
  });

  test("gets the benefit of the doubt from a resolver that knows nothing of the internet", async () => {
    const gone = () => Promise.reject(dnsError("ENOTFOUND"));
    const closed = lookups({ resolveMx: gone, resolveAddresses: gone, resolveKnown: gone });
    expect(await createMailDomains(closed).takesMail("a.com")).toBe(true);
  });

  test("gets the benefit of the doubt when DNS fails", async () => {
    const broken = () => Promise.reject(dnsError("ESERVFAIL"));
    expect(await createMailDomains(lookups({ resolveMx: broken })).takesMail("a.com")).toBe(true);
    const half = { resolveMx: () => Promise.reject(dnsError("ENODATA")), resolveAddresses: broken };
    expect(await createMailDomains(lookups(half)).takesMail("a.com")).toBe(true);
  });

  test("gets the benefit of the doubt within half a second when DNS does not answer", async () => {
    vi.useFakeTimers();
    const asked = createMailDomains(lookups({ resolveMx: never })).takesMail("a.com");
    await vi.advanceTimersByTimeAsync(500);
    expect(await asked).toBe(true);
    vi.useRealTimers();
  });

  test("reserved for documentation and this machine is not looked up", async () => {
    const resolveMx = vi.fn(never);
    const domains = createMailDomains(lookups({ resolveMx }));
    for (const domain of ["latchkey.test", "xn--bcher-kva.example", "mail.localhost"])
      expect(await domains.takesMail(domain)).toBe(true);
    expect(resolveMx).not.toHaveBeenCalled();
  });

  test("is asked about once in ten minutes; what was not clear is asked again", async () => {
    let nowMs = 0;
    const resolveMx = vi
      .fn<Lookups["resolveMx"]>()
      .mockRejectedValueOnce(dnsError("ETIMEOUT"))
      .mockResolvedValue([{ exchange: "mx.example.com" }]);
    const domains = createMailDomains(lookups({ resolveMx }), () => nowMs);
    for (let i = 0; i < 5; i++) await domains.takesMail("a.com");
    expect(resolveMx).toHaveBeenCalledTimes(2);
    nowMs = 10 * 60_000;
    await domains.takesMail("a.com");
    expect(resolveMx).toHaveBeenCalledTimes(3);
  });
});
