// What a refusal says, and in which language.
import { describe, expect, test } from "vitest";
import { HttpError } from "@/app/_http/http-error";
import { parseFields } from "@/app/_http/request";
import { describeError } from "@/app/_http/respond";
import { registerFields, SignInFields } from "@/app/_http/schemas";
import { reasonSentence } from "@/domain/delivery-reasons";
import { DomainError, invalidField } from "@/domain/errors";
import { readMessages } from "@/messages/catalog";
import { LANGUAGES, tagOf } from "@/messages/languages";

const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

describe("a problem", () => {
  test.each(LANGUAGES)("in %s says its language, and that it hangs on what was asked for", (language) => {
    const { headers, problem } = describeError(new DomainError("bad_credentials"), language);
    expect(headers).toMatchObject({ "content-language": tagOf(language), vary: "Accept-Language, Cookie" });
    expect(problem.detail).toBe(readMessages(language)["problems.sentence.bad_credentials"]);
    expect(problem.title).toBe(readMessages(language)["problems.title.401"]);
  });

  test.each([
    [0, "That code is not right, and it was the last try. Please ask for a new code."],
    [1, "That code is not right. You have 1 try left."],
    [4, "That code is not right. You have 4 tries left."],
  ])("counts the tries that are left: %d", (triesLeft, detail) => {
    const { problem } = describeError(new DomainError("wrong_code", { triesLeft }), "en");
    expect(problem).toMatchObject({ detail, tries_left: triesLeft, status: 422 });
  });

  test("with one wrong field says what is wrong with it; with several, that they are marked", () => {
    const one = thrownBy(() =>
      parseFields(registerFields(8), { username: "ab", email: "a@b.de", password: "long enough" }),
    );
    expect(describeError(one, "en").problem).toMatchObject({
      detail: "Use at least 3 characters.",
      errors: [{ field: "username", code: "too_short", detail: "Use at least 3 characters." }],
    });
    const many = thrownBy(() => parseFields(registerFields(12), { username: 7, password: "short" }));
    expect(describeError(many, "en").problem).toMatchObject({
      detail: "Please mend the marked fields.",
      errors: [
        { field: "username", code: "wrong_type", detail: "This must be text." },
        { field: "email", code: "required", detail: "Please enter your email address." },
        { field: "password", code: "too_short", detail: "Use at least 12 characters." },
      ],
    });
  });

  test("never shows the name of a sentence instead of the sentence", () => {
    const bodies: Record<string, unknown>[] = [{}, { login: "", password: "" }, { login: "\0", password: 1 }];
    for (const body of bodies) {
      const { problem } = describeError(
        thrownBy(() => parseFields(SignInFields, body)),
        "en",
      );
      expect(problem.errors?.length).toBeGreaterThan(0);
      for (const { detail } of problem.errors ?? []) expect(detail).toMatch(/^[A-Z].* .*\.$/);
    }
  });

  test("puts values into its sentence as they are", () => {
    const values = { domain: "a<b>.example" };
    const error = invalidField({ field: "email", code: "no_mail_server", text: "no_mail_server", values });
    expect(describeError(error, "en").problem.detail).toMatch(/^a<b>\.example does not take mail\./);
    const bearer = new HttpError(401, "invalid_token", "bearer_expected");
    expect(describeError(bearer, "en").problem.detail).toBe(
      "The Authorization header must be: Bearer <access_token>.",
    );
  });

  test("is an English sentence in the log, whatever the person reads", () => {
    expect(new DomainError("resend_cooldown").message).toBe(
      "Please wait a moment before asking for another code.",
    );
    expect(new HttpError(413, "body_too_large", "body_too_large", {}, { kilobytes: 16 }).message).toBe(
      "The body is larger than 16 KB.",
    );
  });
});

test("every sentence of a problem and of a reason is one that ends", () => {
  for (const [key, text] of Object.entries(readMessages("en")))
    if (/^(problems\.(sentence|field)|reasons)\./.test(key) && !/\{(errorId|triesLeft)/.test(text))
      expect(text, key).toMatch(/^[A-Z{].*\.$/);
});

test("a reason that no version knows is said in general", () => {
  expect(reasonSentence("from_the_future", "en")).toBe("The mail could not be sent.");
  expect(reasonSentence("bounced", "en")).toBe("This address refused the mail.");
});
