// Where a person reads their mail in a browser, for the mailboxes whose site we know for sure: a way there from the page
// that waits for a code. A link and nothing else: nobody is asked anything before it is pressed. Pure.

export type Webmail = {
  /** As its own people know it, whatever the language of the page. */
  name: string;
  url: string;
};

type Site = Webmail & { domains: string };

const GMAIL = "Gmail";

/** Each found in other sign-ups' lists of webmail sites; a mailbox whose site was not found in several is left out. */
const SITES: readonly Site[] = [
  { name: GMAIL, url: "https://mail.google.com/mail/u/0/", domains: "gmail.com googlemail.com" },
  {
    name: "Outlook",
    url: "https://outlook.live.com/mail/",
    domains: `outlook.com outlook.de outlook.fr outlook.es outlook.it outlook.pt outlook.jp outlook.com.br outlook.com.ar
      hotmail.com hotmail.co.uk hotmail.fr hotmail.de hotmail.it hotmail.es hotmail.co.jp
      live.com live.co.uk live.fr live.de live.it live.jp msn.com`,
  },
  {
    name: "Yahoo Mail",
    url: "https://mail.yahoo.com/",
    domains: `yahoo.com yahoo.co.uk yahoo.fr yahoo.de yahoo.es yahoo.it yahoo.ca yahoo.in yahoo.co.in yahoo.co.id
      yahoo.com.br yahoo.com.mx yahoo.com.ar yahoo.com.au yahoo.com.sg ymail.com rocketmail.com`,
  },
  // Another company than the one above, with other accounts.
  { name: "Yahoo!メール", url: "https://mail.yahoo.co.jp/", domains: "yahoo.co.jp" },
  { name: "iCloud Mail", url: "https://www.icloud.com/mail", domains: "icloud.com me.com mac.com" },
  { name: "Proton Mail", url: "https://mail.proton.me/", domains: "proton.me protonmail.com pm.me" },
  { name: "GMX", url: "https://www.gmx.net/", domains: "gmx.net gmx.de gmx.at gmx.ch" },
  { name: "GMX", url: "https://www.gmx.com/", domains: "gmx.com" },
  { name: "WEB.DE", url: "https://web.de/", domains: "web.de" },
  { name: "Orange Mail", url: "https://messagerie.orange.fr/", domains: "orange.fr wanadoo.fr" },
  { name: "Free", url: "https://webmail.free.fr/", domains: "free.fr" },
  { name: "laposte.net", url: "https://www.laposte.net/accueil", domains: "laposte.net" },
  { name: "UOL Mail", url: "https://email.uol.com.br/", domains: "uol.com.br" },
  { name: "QQ邮箱", url: "https://mail.qq.com/", domains: "qq.com foxmail.com" },
  { name: "163 邮箱", url: "https://mail.163.com/", domains: "163.com" },
  { name: "126 邮箱", url: "https://mail.126.com/", domains: "126.com" },
];

const BY_DOMAIN: ReadonlyMap<string, Webmail> = new Map(
  SITES.flatMap(({ domains, ...webmail }) =>
    domains.split(/\s+/).map((domain) => [domain, webmail] as const),
  ),
);

/**
 * Where the mailbox of `email` is read, or null for one we do not know. Gmail opens with what `sender` sent, spam
 * included; `sender` as in a mail's From line, with or without a name.
 */
export function findWebmail(email: string, sender: string): Webmail | null {
  const webmail = BY_DOMAIN.get(email.slice(email.lastIndexOf("@") + 1).toLowerCase());
  if (!webmail) return null;
  if (webmail.name !== GMAIL) return webmail;
  const address = /<([^<>]+)>\s*$/.exec(sender)?.[1] ?? sender.trim();
  return { name: GMAIL, url: `${webmail.url}#search/from%3A${encodeURIComponent(address)}+in%3Aanywhere` };
}
