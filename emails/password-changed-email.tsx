// What the owner of an account gets when its password was changed (ASVS 5.0, 6.3.7), so that a change by somebody else
// does not stay unseen. No link that changes anything: such mails are imitated.
import { Text } from "react-email";
import { textsOf } from "@/messages/catalog";
import { DEFAULT_LANGUAGE, type Language } from "@/messages/languages";
import { EmailLayout } from "./_components/email-layout";
import { LinkButton } from "./_components/link-button";
import { type Direction, text } from "./_components/theme";

export type PasswordChangedEmailProps = {
  signInUrl: string;
  /** Default: English. */
  language?: Language;
  /** Default: the language's own. */
  dir?: Direction;
};

export default function PasswordChangedEmail({ signInUrl, language, dir }: PasswordChangedEmailProps) {
  const texts = textsOf(language ?? DEFAULT_LANGUAGE);
  const { t } = texts;
  return (
    <EmailLayout
      texts={texts}
      dir={dir ?? null}
      preview={t("mails.passwordChanged.preview")}
      heading={t("mails.passwordChanged.heading")}
      footer={[t("mails.passwordChanged.notYou")]}
      notMe={null}
    >
      <Text className="lk-text" style={text}>
        {t("mails.passwordChanged.happened")}
      </Text>
      <Text className="lk-text" style={text}>
        {t("mails.passwordChanged.signIn")}
      </Text>
      <LinkButton
        href={signInUrl}
        label={t("mails.passwordChanged.button")}
        orOpen={t("mails.passwordChanged.orOpen")}
      />
    </EmailLayout>
  );
}

PasswordChangedEmail.PreviewProps = {
  signInUrl: "https://latchkey.example/sign-in",
} satisfies PasswordChangedEmailProps;

export function passwordChangedSubject({ language }: PasswordChangedEmailProps): string {
  return textsOf(language ?? DEFAULT_LANGUAGE).t("mails.passwordChanged.subject");
}

export function passwordChangedText({ signInUrl, language }: PasswordChangedEmailProps): string {
  const { t } = textsOf(language ?? DEFAULT_LANGUAGE);
  return [
    t("mails.passwordChanged.heading"),
    t("mails.passwordChanged.happened"),
    `${t("mails.passwordChanged.signIn")}\n${signInUrl}`,
    `--\n${t("mails.passwordChanged.notYou")}`,
  ].join("\n\n");
}
