import { describe, expect, test } from "vitest";
import {
  chooseProvider,
  isProviderRefusal,
  judgeHealth,
  movesAtOnce,
  type PastAttempt,
} from "@/domain/failover";
import { concernsAddress, FAILURE_CODES, type FailureCode, failure, failureClass } from "@/emails/failures";

const names = { preferred: "resend", other: "smtp" };
const past = (provider: string, code: FailureCode): PastAttempt => ({
  provider,
  outcome: "failed",
  errorClass: failureClass(code),
  errorCode: code,
});
const choose = (history: PastAttempt[], isWell = true) => chooseProvider(names, history, () => isWell);

describe("the provider of the next attempt", () => {
  test("is the preferred one at first, and the other while the preferred one is known to be away", () => {
    expect(choose([])).toBe("resend");
    expect(choose([], false)).toBe("smtp");
  });

  test("changes after a refusal of the provider, and back after a refusal of the other", () => {
    expect(choose([past("resend", "quota_exceeded")])).toBe("smtp");
    expect(choose([past("resend", "quota_exceeded"), past("smtp", "relay_denied")])).toBe("resend");
  });

  test("changes after two outages in a row, not after one", () => {
    expect(choose([past("resend", "connection_refused")])).toBe("resend");
    expect(choose([past("resend", "connection_refused"), past("resend", "timeout")])).toBe("smtp");
    expect(choose([past("smtp", "timeout"), past("resend", "timeout")])).toBe("resend");
  });

  test("stays when the provider asks for patience or the mailbox is busy", () => {
    expect(choose([past("resend", "rate_limited"), past("resend", "rate_limited")])).toBe("resend");
    expect(choose([past("resend", "mailbox_busy"), past("resend", "mailbox_busy")])).toBe("resend");
  });

  test("never changes once the mail may be out: an ambiguous failure or a lost worker binds it (P3)", () => {
    const lost: PastAttempt = { provider: "resend", outcome: "lost", errorClass: null, errorCode: null };
    for (const binding of [
      past("resend", "reply_lost"),
      past("resend", "reply_timed_out"),
      past("resend", "already_in_progress"),
      lost,
    ]) {
      expect(choose([binding])).toBe("resend");
      expect(choose([binding, past("resend", "timeout"), past("resend", "timeout")])).toBe("resend");
      expect(choose([binding, past("resend", "credentials_refused")])).toBe("resend");
      expect(choose([binding], false)).toBe("resend");
    }
  });

  test("is a configured one, also after a change of configuration", () => {
    expect(choose([past("postmark", "timeout")])).toBe("resend");
    expect(choose([past("postmark", "reply_lost")])).toBe("resend");
  });
});

describe("moving on at once", () => {
  const moves = (code: FailureCode, history: PastAttempt[] = []) =>
    movesAtOnce({ class: failureClass(code), code }, history, "resend");

  test("happens after a refusal of the provider, once", () => {
    expect(moves("credentials_refused")).toBe(true);
    expect(moves("quota_exceeded", [past("resend", "timeout")])).toBe(true);
    expect(moves("quota_exceeded", [past("smtp", "relay_denied")])).toBe(false);
  });

  test("does not happen to a mail that may be out, nor for the address's own sake", () => {
    expect(moves("credentials_refused", [past("resend", "reply_lost")])).toBe(false);
    expect(moves("mailbox_unavailable")).toBe(false);
    expect(moves("idempotency_conflict")).toBe(false);
  });
});

test("what counts as a refusal of the provider is exactly this list", () => {
  const refusals = FAILURE_CODES.filter((code) => isProviderRefusal({ class: failureClass(code), code }));
  expect(refusals.sort()).toEqual(
    [
      "credentials_refused",
      "encryption_required",
      "endpoint_wrong",
      "mail_refused",
      "protocol_error",
      "quota_exceeded",
      "refused_by_policy",
      "relay_denied",
      "request_refused",
      "sender_refused",
      "server_refuses",
      "tls_failed",
    ].sort(),
  );
});

describe("what an attempt says of the provider to the mails after it", () => {
  const says = (code: FailureCode) => judgeHealth(failure(code, { text: "" }));

  test("that it is well: only that it took one", () => {
    expect(judgeHealth({ outcome: "accepted", providerMessageId: null })).toBe("well");
    expect(FAILURE_CODES.filter((code) => says(code) === "well")).toEqual([]);
  });

  test("that it is away: exactly this, also what leaves open whether it has the mail", () => {
    expect(FAILURE_CODES.filter((code) => says(code) === "away").sort()).toEqual(
      [
        // Not reached, or in trouble.
        "timeout",
        "connection_refused",
        "connection_lost",
        "unreachable",
        "host_not_found",
        "server_busy",
        "server_error",
        // It was handed the mail, and nobody knows what came of it.
        "reply_timed_out",
        "reply_lost",
        "gateway_error",
        "unreadable_answer",
        // It refuses us.
        "credentials_refused",
        "encryption_required",
        "endpoint_wrong",
        "mail_refused",
        "protocol_error",
        "quota_exceeded",
        "refused_by_policy",
        "relay_denied",
        "request_refused",
        "sender_refused",
        "server_refuses",
        "tls_failed",
      ].sort(),
    );
  });

  test.each([
    ["every refusal of the address", FAILURE_CODES.filter(concernsAddress)],
    ["our own mistakes", ["render_failed", "message_malformed", "unexpected_error", "worker_lost"]],
    ["what is about this mail alone", ["message_too_large", "idempotency_conflict", "already_in_progress"]],
    ["that it asks for patience", ["rate_limited", "try_later"]],
  ] as [string, FailureCode[]][])("nothing: %s", (_, codes) => {
    expect(codes.length).toBeGreaterThan(1);
    expect(codes.filter((code) => says(code) !== "nothing")).toEqual([]);
  });
});
