// What the owner of an account gets when somebody registers with their address again (promise P6): the page says
// nothing, and the one person who may know is told here.
import { Text } from "react-email";
import { EmailLayout } from "./_components/email-layout";
import { HeadingText } from "./_components/heading-text";
import { LinkButton } from "./_components/link-button";
import { text } from "./_components/theme";
import { type EmailDirection, type EmailLanguage, emailTexts } from "./texts";

export type ExistingAccountEmailProps = {
  signInUrl: string;
  lang?: EmailLanguage;
  /** Default: the language's own. */
  dir?: EmailDirection;
};

export default function ExistingAccountEmail({ signInUrl, lang = "en", dir }: ExistingAccountEmailProps) {
  const { direction, existingAccount: says } = emailTexts(lang);
  return (
    <EmailLayout lang={lang} dir={dir ?? direction} preview={says.preview} footer={[says.notYou]}>
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

export function existingAccountText({ signInUrl, lang = "en" }: ExistingAccountEmailProps): string {
  const says = emailTexts(lang).existingAccount;
  return [says.heading, says.happened, `${says.unchanged}\n${signInUrl}`, `--\n${says.notYou}`].join("\n\n");
}
