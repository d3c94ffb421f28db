// What went wrong, in a sentence for the terminal.
import { isDatabaseAway } from "@/db/client";
import { DomainError } from "@/domain/errors";

/**
 * A failed query's message ends in its parameters, which may be somebody's address: the cause says what is wrong.
 * `databaseUrl`: of it, host and port are told.
 */
export function sayError(error: unknown, databaseUrl: string | undefined): string {
  if (error instanceof DomainError || !(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  const { code } = cause as NodeJS.ErrnoException;
  const says = cause.message || code || cause.name;
  if (!isDatabaseAway(error)) return says;
  const place = placeOf(databaseUrl);
  // A SQLSTATE (53300) says nothing to most people, what the server says with it does; Node's codes are words.
  const why = code && /^[A-Z]/.test(code) ? code : says;
  return `The database${place ? ` at ${place}` : ""} cannot be reached (${why}). Check DATABASE_URL; npm run doctor says more.
For the product on this machine, start it first: npm start.`;
}

function placeOf(url: string | undefined): string | null {
  if (!url || !URL.canParse(url)) return null;
  const { hostname, port } = new URL(url);
  return hostname && `${hostname}:${port || 5432}`;
}
