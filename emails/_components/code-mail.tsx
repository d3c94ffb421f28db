// A mail with a six-digit code. The username is left out on purpose: whoever registers chooses it, and a name like
// http://evil.example would turn our mail into theirs.
import { Text } from "react-email";
import { textsOf } from "@/messages/catalog";
import { DEFAULT_LANGUAGE, type Language } from "@/messages/languages";
import type { Texts } from "@/messages/texts";
import { notMeText } from "../not-me-text";
import { CodePanel } from "./code-panel";
import { EmailLayout } from "./email-layout";
import { LinkButton } from "./link-button";
import { type Direction, smallText, text } from "./theme";

export type CodeMailProps = {
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

/** What differs between mails with a code. `opening`: what happened, before the code is asked for; null: nothing. */
export type CodeMailWords = { preview: string; heading: string; opening: string | null; why: string };
type SayWords = (texts: Texts, lifetime: { minutes: number }) => CodeMailWords;

const LIFETIME_MINUTES = 15;

export function CodeMail({ say, ...props }: CodeMailProps & { say: SayWords }) {
  const { code, confirmUrl, notMeUrl, dir } = props;
  const { texts, minutes, words } = read(say, props);
  const { t } = texts;
  return (
    <EmailLayout
      texts={texts}
      dir={dir ?? null}
      preview={words.preview}
      heading={words.heading}
      footer={footer(texts, words)}
      notMe={notMeUrl === undefined ? null : { url: notMeUrl, consequence: t("mails.notMe.consequence") }}
    >
      {words.opening === null ? null : (
        <Text className="lk-text" style={text}>
          {words.opening}
        </Text>
      )}
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
        {t("mails.confirmation.lifetime", { minutes })}
      </Text>
    </EmailLayout>
  );
}

/** The same as plain text. */
export function codeMailText(say: SayWords, props: CodeMailProps): string {
  const { code, confirmUrl, notMeUrl } = props;
  const { texts, minutes, words } = read(say, props);
  const { t } = texts;
  return [
    words.heading,
    ...(words.opening === null ? [] : [words.opening]),
    `${t("mails.confirmation.instruction")}\n\n    ${code}`,
    ...(confirmUrl === undefined ? [] : [`${t("mails.confirmation.orOpen")}\n${confirmUrl}`]),
    t("mails.confirmation.lifetime", { minutes }),
    `--\n${footer(texts, words).join("\n")}`,
    ...notMeText(t("mails.notMe.consequence"), notMeUrl),
  ].join("\n\n");
}

function read(say: SayWords, { language, lifetimeMinutes: minutes = LIFETIME_MINUTES }: CodeMailProps) {
  const texts = textsOf(language ?? DEFAULT_LANGUAGE);
  return { texts, minutes, words: say(texts, { minutes }) };
}

const footer = ({ t }: Texts, { why }: CodeMailWords) => [
  why,
  t("mails.confirmation.notYou"),
  t("mails.confirmation.neverShare"),
];
