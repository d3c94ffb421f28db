// The mail with the six-digit code. The username is left out on purpose: whoever registers chooses it, and a name like
// http://evil.example would turn our mail into theirs.
import { Text } from "react-email";
import { CodePanel } from "./_components/code-panel";
import { EmailLayout } from "./_components/email-layout";
import { HeadingText } from "./_components/heading-text";
import { LinkButton } from "./_components/link-button";
import { smallText, text } from "./_components/theme";
import { type EmailDirection, type EmailLanguage, emailTexts, notMeText } from "./texts";

export type ConfirmationEmailProps = {
  /** Six digits, leading zeros kept. */
  code: string;
  /** Adds a button that confirms without typing. Must hold nothing secret before its fragment. */
  confirmUrl?: string;
  /** Where somebody says that they did not register. Must hold nothing secret before its fragment. */
  notMeUrl?: string;
  /** How long the code works, counted from the provider's acceptance. Default 15. */
  lifetimeMinutes?: number;
  lang?: EmailLanguage;
  /** Default: the language's own. */
  dir?: EmailDirection;
};

const LIFETIME_MINUTES = 15;

export default function ConfirmationEmail(props: ConfirmationEmailProps) {
  const { code, confirmUrl, notMeUrl, lifetimeMinutes = LIFETIME_MINUTES, lang = "en", dir } = props;
  const { direction, confirmation: says } = emailTexts(lang);
  return (
    <EmailLayout
      lang={lang}
      dir={dir ?? direction}
      preview={says.preview(lifetimeMinutes)}
      footer={[says.why, says.notYou, says.neverShare]}
      notMe={notMeUrl === undefined ? null : { href: notMeUrl, ...emailTexts(lang).notMe }}
    >
      <HeadingText>{says.heading}</HeadingText>
      <Text className="lk-text" style={text}>
        {says.instruction}
      </Text>
      <CodePanel code={code} />
      {confirmUrl === undefined ? null : (
        <LinkButton href={confirmUrl} label={says.button} orOpen={says.orOpen} />
      )}
      <Text className="lk-muted" style={{ ...smallText, fontSize: "14px", lineHeight: "22px" }}>
        {says.lifetime(lifetimeMinutes)}
      </Text>
    </EmailLayout>
  );
}

ConfirmationEmail.PreviewProps = { code: "042519" } satisfies ConfirmationEmailProps;

export function confirmationSubject({ code, lang = "en" }: ConfirmationEmailProps): string {
  return emailTexts(lang).confirmation.subject(code);
}

export function confirmationText(props: ConfirmationEmailProps): string {
  const { code, confirmUrl, notMeUrl, lifetimeMinutes = LIFETIME_MINUTES, lang = "en" } = props;
  const says = emailTexts(lang).confirmation;
  return [
    says.heading,
    `${says.instruction}\n\n    ${code}`,
    ...(confirmUrl === undefined ? [] : [`${says.orOpen}\n${confirmUrl}`]),
    says.lifetime(lifetimeMinutes),
    `--\n${[says.why, says.notYou, says.neverShare].join("\n")}`,
    ...notMeText(lang, notMeUrl),
  ].join("\n\n");
}
