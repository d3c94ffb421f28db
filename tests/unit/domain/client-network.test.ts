import { describe, expect, test } from "vitest";
import { clientAddress, networkOf, wideNetworkOf } from "@/domain/client-network";

describe("ASVS 4.1.3, 15.3.4: the client's address", () => {
  test("is the connection's own without proxies, whatever the client writes into the header", () => {
    expect(clientAddress("198.51.100.9", "203.0.113.7", 0)).toBe("203.0.113.7");
    expect(clientAddress(null, "::ffff:203.0.113.7", 0)).toBe("203.0.113.7");
    expect(clientAddress("198.51.100.9", null, 0)).toBeNull();
  });

  test("is what the outermost of our own proxies saw; what stands left of it is the client's invention", () => {
    expect(clientAddress("203.0.113.7", "10.0.0.1", 1)).toBe("203.0.113.7");
    expect(clientAddress("6.6.6.6, 203.0.113.7", "10.0.0.1", 1)).toBe("203.0.113.7");
    expect(clientAddress("6.6.6.6, 203.0.113.7, 10.0.0.2", "10.0.0.1", 2)).toBe("203.0.113.7");
  });

  test("is unknown when the chain is too short, or holds no address there", () => {
    expect(clientAddress("203.0.113.7", "10.0.0.1", 2)).toBeNull();
    expect(clientAddress(null, "10.0.0.1", 1)).toBeNull();
    expect(clientAddress("unknown", "10.0.0.1", 1)).toBeNull();
  });

  test("is read with a port or brackets around it", () => {
    expect(clientAddress("203.0.113.7:4711", null, 1)).toBe("203.0.113.7");
    expect(clientAddress("[2001:db8::1]:4711", null, 1)).toBe("2001:db8::1");
    expect(clientAddress("[2001:DB8::1]", null, 1)).toBe("2001:db8::1");
  });
});

describe("the network that a limit counts", () => {
  test("is the whole address in IPv4", () => {
    expect(networkOf("203.0.113.7")).toBe("203.0.113.7");
    expect(networkOf("203.0.113.8")).not.toBe(networkOf("203.0.113.7"));
  });

  test("is the /64 in IPv6, however the address is written", () => {
    const network = "2001:db8:0:1::/64";
    for (const address of [
      "2001:db8:0:1::5",
      "2001:0DB8:0:0001:ffff:eeee:dddd:cccc",
      "2001:db8::1:0:0:192.0.2.1",
    ])
      expect(networkOf(address)).toBe(network);
    expect(networkOf("2001:db8:0:2::5")).not.toBe(network);
    expect(networkOf("::1")).toBe("0:0:0:0::/64");
    expect(networkOf("fe80::1%eth0")).toBe("fe80:0:0:0::/64");
  });

  test("is the IPv4 address when it is written inside an IPv6 one", () => {
    expect(networkOf("::ffff:203.0.113.7")).toBe("203.0.113.7");
    expect(networkOf("::ffff:cb00:7107")).toBe("203.0.113.7");
  });

  test("is nothing for what is no address", () => {
    for (const text of ["", "unknown", "1.2.3", "1.2.3.4.5", "::1::", "localhost"])
      expect(networkOf(text)).toBeNull();
  });
});

test("a network of IPv6 is widened to the /48 that one household may be given, and an IPv4 address stays", () => {
  expect(wideNetworkOf(networkOf("2001:db8:7:1::5") ?? "")).toBe("2001:db8:7::/48");
  expect(wideNetworkOf(networkOf("2001:db8:7:ffff::1") ?? "")).toBe("2001:db8:7::/48");
  expect(wideNetworkOf(networkOf("::1") ?? "")).toBe("0:0:0::/48");
  expect(wideNetworkOf("203.0.113.7")).toBe("203.0.113.7");
});
