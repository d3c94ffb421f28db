// Those who are told what happens: the endpoints of our webhooks (docs/decisions/030), and Intercom (029). Nothing is
// told to them here.
import { INTERCOM_API, INTERCOM_API_VERSION } from "../../domain/intercom";
import { type Asked, ask } from "./ask";
import type { Variables } from "./environment";
import { type Finding, ok, problem, warning } from "./finding";

/** Node's names for certificates that prove nothing. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|SSL|TLS/;

/** Never throws. Nothing to say where nobody is to be told; a secret that is missing or malformed the environment's part has said. */
export async function checkWebhooks({ WEBHOOK_URLS, WEBHOOK_SECRET }: Variables): Promise<Finding[]> {
  const urls = listOf(WEBHOOK_URLS).filter((url) => URL.canParse(url));
  if (urls.length === 0) return [];
  // HEAD changes nothing anywhere (RFC 9110, 9.3.2).
  const asked = await Promise.all(urls.map((url) => ask(url, { method: "HEAD" })));
  return [
    ...urls.map((url, index) => judgeEndpoint(new URL(url).host, asked[index] ?? null)),
    ...judgeSecrets(listOf(WEBHOOK_SECRET).length),
  ];
}

const listOf = (text = ""): string[] => text.split(/[\s,]+/).filter((part) => part !== "");

/** `host`: what may be shown of the address, since its path may be a secret. */
export function judgeEndpoint(host: string, asked: Asked | null): Finding {
  if (asked === null || asked.status === null) {
    const why = asked?.why ?? "not asked";
    return CERTIFICATE.test(why)
      ? problem(
          "webhooks",
          `${host} shows no certificate that proves who it is (${why}), and is told nothing.`,
          "Renew it, with all that lies between it and a known authority; a private one is added with NODE_EXTRA_CA_CERTS.",
        )
      : problem(
          "webhooks",
          `${host} does not answer (${why}).`,
          "Check that it runs and that this machine may reach it, or correct WEBHOOK_URLS.",
        );
  }
  const { status } = asked;
  if (status >= 300 && status < 400)
    return warning(
      "webhooks",
      `${host} answers with a redirect (${status}), which webhooks do not follow.`,
      "Put the address that it leads to into WEBHOOK_URLS.",
    );
  if (status >= 500)
    return warning(
      "webhooks",
      `${host} answers ${status}.`,
      "Look into its log; what it does not take is tried again for 17 hours.",
    );
  // 401, 404 and 405 are what a place that only takes signed POSTs may say.
  return ok("webhooks", `${host} answers.`);
}

export function judgeSecrets(count: number): Finding[] {
  if (count === 0) return [];
  if (count === 1) return [ok("webhooks", "WEBHOOK_SECRET is set.")];
  return [
    warning(
      "webhooks",
      `${count} secrets sign every webhook.`,
      "Once all endpoints have the first one, take the others out of WEBHOOK_SECRET.",
    ),
  ];
}

/** An id that no account has. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

/** Never throws. Asks for the contact of somebody who does not exist: a token that may read contacts is told so. */
export async function checkIntercom({
  INTERCOM_ACCESS_TOKEN,
  INTERCOM_BASE_URL,
}: Variables): Promise<Finding[]> {
  if (!INTERCOM_ACCESS_TOKEN) return [];
  const base = (INTERCOM_BASE_URL || INTERCOM_API).replace(/\/+$/, "");
  const headers = {
    authorization: `Bearer ${INTERCOM_ACCESS_TOKEN}`,
    accept: "application/json",
    "intercom-version": INTERCOM_API_VERSION,
  };
  return [judgeIntercom(await ask(`${base}/contacts/find_by_external_id/${NOBODY}`, { headers }))];
}

export function judgeIntercom(asked: Asked): Finding {
  if (asked.status === null)
    return problem(
      "intercom",
      `Intercom does not answer (${asked.why}).`,
      "Let this machine out to api.intercom.io:443, or correct INTERCOM_BASE_URL.",
    );
  if (asked.status === 401)
    return problem(
      "intercom",
      "Intercom does not take the token.",
      "Set INTERCOM_ACCESS_TOKEN to the one under Developer Hub → your app → Authentication; for a workspace in Europe or Australia set INTERCOM_BASE_URL too.",
    );
  if (asked.status === 403)
    return problem(
      "intercom",
      "The token may not read contacts.",
      "Give your app in Intercom's Developer Hub leave to read and write users.",
    );
  // 404: there is no such contact.
  if (asked.status === 404 || asked.status === 200)
    return ok("intercom", "Intercom answers and takes the token.");
  return warning(
    "intercom",
    asked.status === 429
      ? "Intercom answers that it has had too much."
      : `Intercom answered ${asked.status}, so the token is not proven.`,
    "Try again in a minute, or look at intercomstatus.com.",
  );
}
