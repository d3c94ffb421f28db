// Where a form goes back to: an address of ours, whatever it says.
import { describe, expect, test } from "vitest";
import { ownAddress, pageAddress } from "@/app/_http/own-address";

const MAIL = "0b7a1c1e-0000-4000-8000-00000000abcd";
const addressOf = (url: string) => pageAddress(new URL(url, "https://latchkey.example"));

describe("a page's address", () => {
  test("is its path, and keeps that another account is told of, however that was asked for", () => {
    expect(addressOf("/register?next=%2Faccount")).toBe("/register");
    for (const url of ["/sign-in?other", "/sign-in?other=", "/sign-in?a=b&other=//example.com&other"])
      expect(addressOf(url)).toBe("/sign-in?other");
    expect(addressOf(`/confirm?a=b&other=${MAIL}`)).toBe(`/confirm?other=${MAIL}`);
    for (const url of ["/confirm?other", "/confirm?other=1", `/confirm?other=${MAIL}x`])
      expect(addressOf(url)).toBe("/confirm");
    expect(addressOf("/account?other")).toBe("/account");
  });

  test("is one that a form may go back to", () => {
    for (const url of ["/", "/confirm/link", "/sign-in?other=1", `/confirm?other=${MAIL}`])
      expect(ownAddress(addressOf(url))).toBe(addressOf(url));
  });
});

test("what a form says is taken when it is an address of ours, and is the front page otherwise", () => {
  for (const own of ["/", "/register", "/sign-in?other", `/confirm?other=${MAIL}`])
    expect(ownAddress(own)).toBe(own);
  for (const other of [
    undefined,
    "",
    "sign-in",
    "//example.com",
    "/\\example.com",
    "https://example.com/sign-in?other",
    "/sign-in?",
    "/sign-in?next=/account",
    "/sign-in?other=1",
    "/sign-in?other?",
    "/sign-in?other#top",
    "/sign-in?other\n",
    "/account?other",
    "/confirm?other",
    `/confirm?other=${MAIL}&next=/account`,
    `/confirm?other=${MAIL.toUpperCase()}`,
    `/sign-in?other=${MAIL}`,
    "//example.com?other",
  ])
    expect(ownAddress(other)).toBe("/");
});
