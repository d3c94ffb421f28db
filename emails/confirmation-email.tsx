// The mail with the code of a registration.
import { textsOf } from "@/messages/catalog";
import { DEFAULT_LANGUAGE } from "@/messages/languages";
import type { Texts } from "@/messages/texts";
import { CodeMail, type CodeMailProps, type CodeMailWords, codeMailText } from "./_components/code-mail";

export type ConfirmationEmailProps = CodeMailProps;

export default function ConfirmationEmail(props: ConfirmationEmailProps) {
  return <CodeMail {...props} say={say} />;
}

ConfirmationEmail.PreviewProps = { code: "042519" } satisfies ConfirmationEmailProps;

const say = ({ t }: Texts, lifetime: { minutes: number }): CodeMailWords => ({
  preview: t("mails.confirmation.preview", lifetime),
  heading: t("mails.confirmation.heading"),
  opening: null,
  why: t("mails.confirmation.why"),
});

export function confirmationSubject({ code, language }: ConfirmationEmailProps): string {
  return textsOf(language ?? DEFAULT_LANGUAGE).t("mails.confirmation.subject", { code });
}

export const confirmationText = (props: ConfirmationEmailProps): string => codeMailText(say, props);
