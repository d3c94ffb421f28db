// What tests of the limits share: people whose domain nobody else uses, networks, days of their own, and refusals.
import { beforeEach } from "vitest";
import { DomainError } from "@/domain/errors";
import { someone, type TestServices } from "./services";
import { useTestDatabase, useTestServices } from "./use-services";

let days = 0;

/** Services with the limits on. Each test has days of its own: what is the whole site's would be shared by all. */
export function useLimits(): TestServices {
  const services = useTestServices(useTestDatabase());
  beforeEach(() => {
    services.settings.rateLimits = true;
    services.settings.proofOfWork = "off";
    services.pass(++days * 2 * 86_400);
  });
  return services;
}

let networks = 0;
export const someNetwork = () => `203.0.113.${++networks}`;
let domains = 0;
export const someDomain = () => `d${++domains}.example`;

/** A person whose mailbox's domain nobody else uses. */
export const somebody = () => {
  const person = someone();
  return { ...person, email: `${person.username}@${someDomain()}` };
};

export const refusalOf = (work: Promise<unknown>): Promise<DomainError> =>
  work.then(
    () => {
      throw new Error("it was not refused");
    },
    (error: unknown) => {
      if (error instanceof DomainError) return error;
      throw error;
    },
  );

/** How many of `count` at once were let in, and the codes of the others. */
export async function inParallel(count: number, work: () => Promise<unknown>) {
  const results = await Promise.allSettled(Array.from({ length: count }, work));
  const codes = results.flatMap((result) =>
    result.status === "rejected"
      ? [result.reason instanceof DomainError ? result.reason.code : String(result.reason)]
      : [],
  );
  return { admitted: count - codes.length, codes: [...new Set(codes)] };
}
