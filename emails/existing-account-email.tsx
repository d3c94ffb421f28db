// What the owner of an account gets when somebody registers with their address again (promise P6): the page says
// nothing, and the one person who may know is told here.
import { Text } from "react-email";
import { EmailLayout } from "./_components/email-layout";
import { HeadingText } from "./_components/heading-text";
import { LinkButton } from "./_components/link-button";
import { text } from "./_components/theme";
import { type EmailDirection, type EmailLanguage, emailTexts, notMeText } from "./texts";

export type ExistingAccountEmailProps = {
  signInUrl: string;
  /** Where somebody says that it was not them. */
  notMeUrl?: string;
  lang?: EmailLanguage;
  /** Default: the language's own. */
  dir?: EmailDirection;
};

export default function ExistingAccountEmail(props: ExistingAccountEmailProps) {
  const { signInUrl, notMeUrl, lang = "en", dir } = props;
  const { direction, existingAccount: says } = emailTexts(lang);
  return (
    <EmailLayout
      lang={lang}
      dir={dir ?? direction}
      preview={says.preview}
      footer={[says.notYou]}
      notMe={notMeUrl === undefined ? null : { href: notMeUrl, ...emailTexts(lang).notMe }}
    >
      <HeadingText>{says.heading}</HeadingText>
      <Text className="lk-text" style={text}>
        {says.happened}
      </Text>
      <Text className="lk-text" style={text}>
        {says.unchanged}
      </Text>
      <LinkButton href={signInUrl} label={says.button} orOpen={says.orOpen} />
    </EmailLayout>
  );
}

ExistingAccountEmail.PreviewProps = {
  signInUrl: "https://latchkey.example/sign-in",
} satisfies ExistingAccountEmailProps;

export function existingAccountSubject({ lang = "en" }: ExistingAccountEmailProps): string {
  return emailTexts(lang).existingAccount.subject;
}

export function existingAccountText(props: ExistingAccountEmailProps): string {
  const { signInUrl, notMeUrl, lang = "en" } = props;
  const says = emailTexts(lang).existingAccount;
  return [
    says.heading,
    says.happened,
    `${says.unchanged}\n${signInUrl}`,
    `--\n${says.notYou}`,
    ...notMeText(lang, notMeUrl),
  ].join("\n\n");
}
