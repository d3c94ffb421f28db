import { describe, expect, test } from "vitest";
import { tellDevice } from "@/components/device-words";
import { describeDevice } from "@/domain/device-name";
import { splitDevice } from "@/domain/device-words";
import { textsOf } from "@/messages/catalog";

const EDGE_ON_MAC =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0";

describe("a device in the language of the page", () => {
  test("is told as it is kept in English, and by the words of every other language", () => {
    const kept = describeDevice(EDGE_ON_MAC) ?? "";
    expect(tellDevice(textsOf("en"), kept)).toBe(kept);
    expect(tellDevice(textsOf("de"), kept)).toBe("Microsoft Edge unter macOS");
    expect(tellDevice(textsOf("ja"), kept)).toBe("Microsoft Edge（macOS）");
    expect(tellDevice(textsOf("zh"), kept)).toBe("macOS 上的 Microsoft Edge");
  });

  test.each(["curl", "Firefox", "Opera on wheels", " on Linux"])(
    "stays a name that stands for itself: %s",
    (kept) => {
      expect(splitDevice(kept)).toBeNull();
      expect(tellDevice(textsOf("fr"), kept)).toBe(kept);
    },
  );

  test("is taken apart at its end, whatever its browser is called", () => {
    expect(splitDevice("Mail on the go on iOS")).toEqual({ browser: "Mail on the go", system: "iOS" });
  });
});
