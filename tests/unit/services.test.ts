import { expect, test } from "vitest";
import { parseEnv } from "@/env";
import { createServices } from "@/services";
import { completeEnvironment as complete } from "@/tests/support/environment";

test("EMAIL_WELCOME: accounts are welcomed unless it is off, and anything but on and off is refused", () => {
  const isWelcoming = (value?: string) =>
    createServices(parseEnv({ ...complete, EMAIL_WELCOME: value })).settings.welcomeMail;
  expect([isWelcoming(), isWelcoming(""), isWelcoming("on"), isWelcoming("off")]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(() => isWelcoming("no")).toThrow("EMAIL_WELCOME");
});
