import { describe, expect, test } from "vitest";
import { deliveryStatus } from "@/db/schema";
import { canMove, isOpen } from "@/domain/delivery-status";

describe("the states of a delivery", () => {
  test("go from queued to sent, with retries between", () => {
    expect(canMove("queued", "sending")).toBe(true);
    expect(canMove("sending", "retrying")).toBe(true);
    expect(canMove("retrying", "sending")).toBe(true);
    expect(canMove("sending", "sent")).toBe(true);
    expect(canMove("sent", "delivered")).toBe(true);
  });

  test("never leave cancelled, suppressed, bounced or complained", () => {
    for (const from of ["cancelled", "suppressed", "bounced", "complained"] as const)
      for (const to of deliveryStatus.enumValues) expect(canMove(from, to)).toBe(false);
  });

  test("never go back to queued once the mail is out", () => {
    expect(canMove("sent", "queued")).toBe(false);
    expect(canMove("sent", "sending")).toBe(false);
    expect(canMove("delivered", "sending")).toBe(false);
  });

  test("only queued, retrying and sending may be attempted", () => {
    expect(deliveryStatus.enumValues.filter(isOpen)).toEqual(["queued", "sending", "retrying"]);
  });
});
