// What the owner of an account gets when its password was changed (ASVS 5.0, 6.3.7), so that a change by somebody else
// does not stay unseen. No link that changes anything: such mails are imitated.
import { Text } from "react-email";
import { EmailLayout } from "./_components/email-layout";
import { HeadingText } from "./_components/heading-text";
import { LinkButton } from "./_components/link-button";
import { text } from "./_components/theme";
import { type EmailDirection, type EmailLanguage, emailTexts } from "./texts";

export type PasswordChangedEmailProps = {
  signInUrl: string;
  lang?: EmailLanguage;
  /** Default: the language's own. */
  dir?: EmailDirection;
};

export default function PasswordChangedEmail({ signInUrl, lang = "en", dir }: PasswordChangedEmailProps) {
  const { direction, passwordChanged: says } = emailTexts(lang);
  return (
    <EmailLayout
      lang={lang}
      dir={dir ?? direction}
      preview={says.preview}
      footer={[says.notYou]}
      notMe={null}
    >
      <HeadingText>{says.heading}</HeadingText>
      <Text className="lk-text" style={text}>
        {says.happened}
      </Text>
      <Text className="lk-text" style={text}>
        {says.signIn}
      </Text>
      <LinkButton href={signInUrl} label={says.button} orOpen={says.orOpen} />
    </EmailLayout>
  );
}

PasswordChangedEmail.PreviewProps = {
  signInUrl: "https://latchkey.example/sign-in",
} satisfies PasswordChangedEmailProps;

export function passwordChangedSubject({ lang = "en" }: PasswordChangedEmailProps): string {
  return emailTexts(lang).passwordChanged.subject;
}

export function passwordChangedText({ signInUrl, lang = "en" }: PasswordChangedEmailProps): string {
  const says = emailTexts(lang).passwordChanged;
  return [says.heading, says.happened, `${says.signIn}\n${signInUrl}`, `--\n${says.notYou}`].join("\n\n");
}
