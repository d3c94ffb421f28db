// An endpoint of somebody else's, on a real socket: it verifies with the library, and answers as it is told.
import type http from "node:http";
import { Webhook } from "standardwebhooks";
import { type HttpRequest, startHttp } from "../integration/emails/scripted-servers";

export const WEBHOOK_SECRET = `whsec_${Buffer.from("a secret for tests that is long enough").toString("base64")}`;

type Answer =
  | number
  | { status: number; headers: Record<string, string> }
  | ((response: http.ServerResponse) => void);

export type Received = {
  id: string;
  event: { type: string; timestamp: string; data: Record<string, string> };
  body: string;
};

export type Receiver = {
  url: string;
  requests: HttpRequest[];
  /** Answers for the next ones, in order; afterwards 204. */
  answer(...answers: Answer[]): void;
  /** What has come, each verified with the secret; throws for one that is not signed with it. */
  received(secret?: string): Received[];
};

/** Until the test ends. */
export async function startReceiver(): Promise<Receiver> {
  const script: Answer[] = [];
  const { url, requests } = await startHttp((_request, response) => {
    const next = script.shift() ?? 204;
    if (typeof next === "function") return next(response);
    const { status, headers } = typeof next === "number" ? { status: next, headers: {} } : next;
    response.writeHead(status, headers).end();
  });
  return {
    url: `${url}/hooks/s3cret-path`,
    requests,
    answer: (...answers) => void script.push(...answers),
    received: (secret = WEBHOOK_SECRET) =>
      requests.map(({ headers, body }) => ({
        id: String(headers["webhook-id"]),
        event: new Webhook(secret).verify(body, headers as Record<string, string>) as Received["event"],
        body,
      })),
  };
}
