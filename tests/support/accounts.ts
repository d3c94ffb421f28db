// People whose address is confirmed, without the way there: what the codes do has tests of its own.
import postgres from "postgres";
import { callApi, newPerson, type Person, register } from "./people";
import { readRunning } from "./running";

export type Tokens = { access_token: string; refresh_token: string };

/** Registers and confirms a new person. */
export async function newAccount(): Promise<Person> {
  const person = newPerson();
  await register(person);
  const sql = postgres(readRunning().postgres.url, { max: 1, onnotice: () => {} });
  try {
    const [user] =
      await sql`update users set email_confirmed_at = now() where username = ${person.username} returning id`;
    // As confirming does.
    await sql`update sessions set revoked_at = now() where user_id = ${user?.id}`;
  } finally {
    await sql.end();
  }
  return person;
}

/** Signs in through the API, as a program of this name. Throws unless the answer is 200. */
export async function signInAs(person: Person, program: string): Promise<Tokens> {
  const answer = await callApi("/api/v1/usr/token", {
    body: { login: person.username, password: person.password },
    headers: { "user-agent": program },
  });
  if (answer.status !== 200) throw new Error(`Signing in failed: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Tokens;
}
