import type { Texts } from "@/messages/texts";

/** The last paragraph of a mail's plain text; none without a link. */
export function notMeText({ t }: Texts, url: string | undefined): string[] {
  return url === undefined ? [] : [`${t("mails.notMe.consequence")}\n${url}`];
}
