// The mail with the six-digit code. The username is left out on purpose: whoever registers chooses it, and a name like
// http://evil.example would turn our mail into theirs.
import { Text } from "react-email";
import { textsOf } from "@/messages/catalog";
import { DEFAULT_LANGUAGE, type Language } from "@/messages/languages";
import type { Texts } from "@/messages/texts";
import { CodePanel } from "./_components/code-panel";
import { EmailLayout } from "./_components/email-layout";
import { LinkButton } from "./_components/link-button";
import { type Direction, smallText, text } from "./_components/theme";
import { notMeText } from "./not-me-text";

export type ConfirmationEmailProps = {
  /** Six digits, leading zeros kept. */
  code: string;
  /** Adds a button that confirms without typing. Must hold nothing secret before its fragment. */
  confirmUrl?: string;
  /** Where somebody says that they did not register. Must hold nothing secret before its fragment. */
  notMeUrl?: string;
  /** How long the code works, counted from the provider's acceptance. Default 15. */
  lifetimeMinutes?: number;
  /** Default: English. */
  language?: Language;
  /** Default: the language's own. */
  dir?: Direction;
};

const LIFETIME_MINUTES = 15;

export default function ConfirmationEmail(props: ConfirmationEmailProps) {
  const { code, confirmUrl, notMeUrl, lifetimeMinutes = LIFETIME_MINUTES, language, dir } = props;
  const texts = textsOf(language ?? DEFAULT_LANGUAGE);
  const { t } = texts;
  return (
    <EmailLayout
      texts={texts}
      dir={dir ?? null}
      preview={t("mails.confirmation.preview", { minutes: lifetimeMinutes })}
      heading={t("mails.confirmation.heading")}
      footer={footer(texts)}
      notMeUrl={notMeUrl ?? null}
    >
      <Text className="lk-text" style={text}>
        {t("mails.confirmation.instruction")}
      </Text>
      <CodePanel code={code} />
      {confirmUrl === undefined ? null : (
        <LinkButton
          href={confirmUrl}
          label={t("mails.confirmation.button")}
          orOpen={t("mails.confirmation.orOpen")}
        />
      )}
      <Text className="lk-muted" style={{ ...smallText, fontSize: "14px", lineHeight: "22px" }}>
        {t("mails.confirmation.lifetime", { minutes: lifetimeMinutes })}
      </Text>
    </EmailLayout>
  );
}

ConfirmationEmail.PreviewProps = { code: "042519" } satisfies ConfirmationEmailProps;

const footer = ({ t }: Texts) => [
  t("mails.confirmation.why"),
  t("mails.confirmation.notYou"),
  t("mails.confirmation.neverShare"),
];

export function confirmationSubject({ code, language }: ConfirmationEmailProps): string {
  return textsOf(language ?? DEFAULT_LANGUAGE).t("mails.confirmation.subject", { code });
}

export function confirmationText(props: ConfirmationEmailProps): string {
  const { code, confirmUrl, notMeUrl, lifetimeMinutes = LIFETIME_MINUTES, language } = props;
  const texts = textsOf(language ?? DEFAULT_LANGUAGE);
  const { t } = texts;
  return [
    t("mails.confirmation.heading"),
    `${t("mails.confirmation.instruction")}\n\n    ${code}`,
    ...(confirmUrl === undefined ? [] : [`${t("mails.confirmation.orOpen")}\n${confirmUrl}`]),
    t("mails.confirmation.lifetime", { minutes: lifetimeMinutes }),
    `--\n${footer(texts).join("\n")}`,
    ...notMeText(texts, notMeUrl),
  ].join("\n\n");
}
