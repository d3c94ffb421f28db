// What somebody gets once, when their address is confirmed: what they need to come back, to be found again in the
// mailbox. No link that signs in: a mailbox is no login (docs/decisions/013).
import { Text } from "react-email";
import { textsOf } from "@/messages/catalog";
import { DEFAULT_LANGUAGE, directionOf, type Language } from "@/messages/languages";
import type { Texts } from "@/messages/texts";
import { EmailLayout } from "./_components/email-layout";
import { FactPanel, type MailFact } from "./_components/fact-panel";
import { LinkButton } from "./_components/link-button";
import { type Direction, text } from "./_components/theme";

export type WelcomeEmailProps = {
  /** The confirmed address, which is also a name to sign in with. */
  email: string;
  /** The other name to sign in with. Left out where it must not stand in a mail. */
  username?: string;
  signInUrl: string;
  /** Default: English. */
  language?: Language;
  /** Default: the language's own. */
  dir?: Direction;
};

export default function WelcomeEmail(props: WelcomeEmailProps) {
  const { signInUrl, language, dir } = props;
  const texts = textsOf(language ?? DEFAULT_LANGUAGE);
  const { t } = texts;
  return (
    <EmailLayout
      texts={texts}
      dir={dir ?? null}
      preview={t("mails.welcome.preview")}
      heading={t("mails.welcome.heading")}
      footer={footer(texts)}
      notMe={null}
    >
      <Text className="lk-text" style={text}>
        {t("mails.welcome.happened")}
      </Text>
      <FactPanel dir={dir ?? directionOf(texts.language)} facts={factsOf(texts, props)} />
      <Text className="lk-text" style={text}>
        {t("mails.welcome.signIn")}
      </Text>
      <LinkButton href={signInUrl} label={t("mails.welcome.button")} orOpen={t("mails.welcome.orOpen")} />
    </EmailLayout>
  );
}

WelcomeEmail.PreviewProps = {
  email: "ada@example.com",
  username: "ada",
  signInUrl: "https://latchkey.example/sign-in",
} satisfies WelcomeEmailProps;

function factsOf({ t }: Texts, { email, username }: WelcomeEmailProps): MailFact[] {
  return [
    { name: t("facts.email"), value: email },
    ...(username === undefined ? [] : [{ name: t("facts.username"), value: username }]),
  ];
}

const footer = ({ t }: Texts) => [
  t("mails.welcome.why"),
  t("mails.welcome.neverAsk"),
  t("mails.welcome.notYou"),
];

export function welcomeSubject({ language }: WelcomeEmailProps): string {
  return textsOf(language ?? DEFAULT_LANGUAGE).t("mails.welcome.subject");
}

export function welcomeText(props: WelcomeEmailProps): string {
  const texts = textsOf(props.language ?? DEFAULT_LANGUAGE);
  const { t } = texts;
  return [
    t("mails.welcome.heading"),
    t("mails.welcome.happened"),
    factsOf(texts, props)
      .map(({ name, value }) => `    ${name}  ${value}`)
      .join("\n"),
    `${t("mails.welcome.signIn")}\n${props.signInUrl}`,
    `--\n${footer(texts).join("\n")}`,
  ].join("\n\n");
}
