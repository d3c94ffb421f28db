// The mail with the code of a registration whose address was changed to this one before it was confirmed. It names no
// other address: its reader may be a stranger (docs/decisions/025).
import { textsOf } from "@/messages/catalog";
import { DEFAULT_LANGUAGE } from "@/messages/languages";
import type { Texts } from "@/messages/texts";
import { CodeMail, type CodeMailProps, type CodeMailWords, codeMailText } from "./_components/code-mail";

export type AddressChangedEmailProps = CodeMailProps;

export default function AddressChangedEmail(props: AddressChangedEmailProps) {
  return <CodeMail {...props} say={say} />;
}

AddressChangedEmail.PreviewProps = { code: "042519" } satisfies AddressChangedEmailProps;

const say = ({ t }: Texts, lifetime: { minutes: number }): CodeMailWords => ({
  preview: t("mails.addressChanged.preview", lifetime),
  heading: t("mails.addressChanged.heading"),
  opening: t("mails.addressChanged.happened"),
  why: t("mails.addressChanged.why"),
});

export function addressChangedSubject({ code, language }: AddressChangedEmailProps): string {
  return textsOf(language ?? DEFAULT_LANGUAGE).t("mails.addressChanged.subject", { code });
}

export const addressChangedText = (props: AddressChangedEmailProps): string => codeMailText(say, props);
