// What the owner of an account gets when somebody registers with their address again (promise P6): the page says
// nothing, and the one person who may know is told here.
import { Text } from "react-email";
import { textsOf } from "@/messages/catalog";
import { DEFAULT_LANGUAGE, type Language } from "@/messages/languages";
import { EmailLayout } from "./_components/email-layout";
import { LinkButton } from "./_components/link-button";
import { type Direction, text } from "./_components/theme";
import { notMeText } from "./not-me-text";

export type ExistingAccountEmailProps = {
  signInUrl: string;
  /** Where somebody says that it was not them. */
  notMeUrl?: string;
  /** Default: English. */
  language?: Language;
  /** Default: the language's own. */
  dir?: Direction;
};

export default function ExistingAccountEmail(props: ExistingAccountEmailProps) {
  const { signInUrl, notMeUrl, language, dir } = props;
  const texts = textsOf(language ?? DEFAULT_LANGUAGE);
  const { t } = texts;
  return (
    <EmailLayout
      texts={texts}
      dir={dir ?? null}
      preview={t("mails.existingAccount.preview")}
      heading={t("mails.existingAccount.heading")}
      footer={[t("mails.existingAccount.notYou")]}
      notMe={
        notMeUrl === undefined ? null : { url: notMeUrl, consequence: t("mails.existingAccount.consequence") }
      }
    >
      <Text className="lk-text" style={text}>
        {t("mails.existingAccount.happened")}
      </Text>
      <Text className="lk-text" style={text}>
        {t("mails.existingAccount.unchanged")}
      </Text>
      <LinkButton
        href={signInUrl}
        label={t("mails.existingAccount.button")}
        orOpen={t("mails.existingAccount.orOpen")}
      />
    </EmailLayout>
  );
}

ExistingAccountEmail.PreviewProps = {
  signInUrl: "https://latchkey.example/sign-in",
  notMeUrl: "https://latchkey.example/not-me#m3Yz0cH1fJ4yQvKp7s2w9d",
} satisfies ExistingAccountEmailProps;

export function existingAccountSubject({ language }: ExistingAccountEmailProps): string {
  return textsOf(language ?? DEFAULT_LANGUAGE).t("mails.existingAccount.subject");
}

export function existingAccountText(props: ExistingAccountEmailProps): string {
  const { signInUrl, notMeUrl, language } = props;
  const texts = textsOf(language ?? DEFAULT_LANGUAGE);
  const { t } = texts;
  return [
    t("mails.existingAccount.heading"),
    t("mails.existingAccount.happened"),
    `${t("mails.existingAccount.unchanged")}\n${signInUrl}`,
    `--\n${t("mails.existingAccount.notYou")}`,
    ...notMeText(t("mails.existingAccount.consequence"), notMeUrl),
  ].join("\n\n");
}
