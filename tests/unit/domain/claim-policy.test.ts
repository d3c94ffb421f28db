import { describe, expect, test } from "vitest";
import { chooseClaimsToEnd } from "@/domain/claim-policy";

const claim = (id: string, claimNetwork: string | null) => ({ id, claimNetwork });

describe("one more claim on an address", () => {
  test("has room beside two others", () => {
    expect(chooseClaimsToEnd([claim("1", "a"), claim("2", "a")], "a")).toEqual([]);
  });

  test("ends the oldest of three", () => {
    expect(chooseClaimsToEnd([claim("1", "a"), claim("2", "b"), claim("3", "c")], "d")).toEqual(["1"]);
  });

  test("ends one of its own network first: a stranger who registers on and on does not end the owner's", () => {
    const open = [claim("owner", "home"), claim("2", "stranger"), claim("3", "stranger")];
    expect(chooseClaimsToEnd(open, "stranger")).toEqual(["2"]);
    expect(chooseClaimsToEnd(open, "home")).toEqual(["owner"]);
  });

  test("an owner comes in although a stranger holds all three", () => {
    expect(chooseClaimsToEnd([claim("1", "s"), claim("2", "s"), claim("3", "s")], "home")).toEqual(["1"]);
  });

  test("ends one of the network that holds most: two networks do not end the owner's", () => {
    const open = [claim("owner", "home"), claim("2", "stranger"), claim("3", "stranger")];
    expect(chooseClaimsToEnd(open, "stranger's other")).toEqual(["2"]);
    const then = [claim("owner", "home"), claim("3", "stranger"), claim("4", "stranger's other")];
    expect(chooseClaimsToEnd(then, "stranger")).toEqual(["3"]);
    expect(chooseClaimsToEnd(then, "stranger's other")).toEqual(["4"]);
  });

  test("claims of unknown networks are nobody's own", () => {
    expect(chooseClaimsToEnd([claim("1", "a"), claim("2", null), claim("3", null)], null)).toEqual(["1"]);
  });

  test("ends as many as needed when there were more than there may be", () => {
    const open = ["1", "2", "3", "4", "5"].map((id) => claim(id, null));
    expect(chooseClaimsToEnd(open, "a")).toEqual(["1", "2", "3"]);
  });
});
