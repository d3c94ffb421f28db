// From a template's name and values to a mail. A pure function: same input, same bytes, at every attempt (promise P3).
import { createElement, type ReactElement } from "react";
import AddressChangedEmail, {
  type AddressChangedEmailProps,
  addressChangedSubject,
  addressChangedText,
} from "./address-changed-email";
import { compileTemplate } from "./compiled-template";
import ConfirmationEmail, {
  type ConfirmationEmailProps,
  confirmationSubject,
  confirmationText,
} from "./confirmation-email";
import ExistingAccountEmail, {
  type ExistingAccountEmailProps,
  existingAccountSubject,
  existingAccountText,
} from "./existing-account-email";
import PasswordChangedEmail, {
  type PasswordChangedEmailProps,
  passwordChangedSubject,
  passwordChangedText,
} from "./password-changed-email";
import WelcomeEmail, { type WelcomeEmailProps, welcomeSubject, welcomeText } from "./welcome-email";

/** The mails there are, by name, and what each needs. */
export type EmailProps = {
  confirmation: ConfirmationEmailProps;
  existing_account: ExistingAccountEmailProps;
  password_changed: PasswordChangedEmailProps;
  address_changed: AddressChangedEmailProps;
  welcome: WelcomeEmailProps;
};
export type EmailTemplate = keyof EmailProps;

export type RenderedEmail = { subject: string; html: string; text: string };

type Definition<Props> = {
  element: (props: Props) => ReactElement;
  subject: (props: Props) => string;
  text: (props: Props) => string;
  /** Values that differ from mail to mail; everything else is part of the compiled template. */
  slots: readonly (keyof Props & string)[];
  /** Throws a sentence when a value must not go into a mail. */
  check: (props: Props) => void;
};

const DEFINITIONS: { [Name in EmailTemplate]: Definition<EmailProps[Name]> } = {
  confirmation: {
    element: (props) => createElement(ConfirmationEmail, props),
    subject: confirmationSubject,
    text: confirmationText,
    slots: ["code", "confirmUrl", "notMeUrl"],
    check: checkCodeMail,
  },
  existing_account: {
    element: (props) => createElement(ExistingAccountEmail, props),
    subject: existingAccountSubject,
    text: existingAccountText,
    slots: ["signInUrl", "notMeUrl"],
    check({ signInUrl, notMeUrl }) {
      checkUrl("signInUrl", signInUrl);
      if (notMeUrl !== undefined) checkUrl("notMeUrl", notMeUrl);
    },
  },
  password_changed: {
    element: (props) => createElement(PasswordChangedEmail, props),
    subject: passwordChangedSubject,
    text: passwordChangedText,
    slots: ["signInUrl"],
    check: ({ signInUrl }) => checkUrl("signInUrl", signInUrl),
  },
  address_changed: {
    element: (props) => createElement(AddressChangedEmail, props),
    subject: addressChangedSubject,
    text: addressChangedText,
    slots: ["code", "confirmUrl", "notMeUrl"],
    check: checkCodeMail,
  },
  welcome: {
    element: (props) => createElement(WelcomeEmail, props),
    subject: welcomeSubject,
    text: welcomeText,
    slots: ["email", "username", "signInUrl"],
    check({ email, username, signInUrl }) {
      checkUrl("signInUrl", signInUrl);
      checkName("email", email);
      if (username !== undefined) checkName("username", username);
    },
  },
};

export const EMAIL_TEMPLATES = Object.keys(DEFINITIONS) as EmailTemplate[];

/** http and https only, so that no value can make a button run something. */
function checkUrl(name: string, value: string): void {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol) || /[\p{Cc}\s]/u.test(value))
    throw new Error(`${name} is not an http(s) URL`);
}

function checkCodeMail({ code, confirmUrl, notMeUrl }: ConfirmationEmailProps): void {
  if (!/^[0-9]{6}$/.test(code)) throw new Error("A confirmation code has six digits");
  if (confirmUrl !== undefined) checkUrl("confirmUrl", confirmUrl);
  if (notMeUrl !== undefined) checkUrl("notMeUrl", notMeUrl);
}

/** One word, so that no value can add a sentence to a mail. */
function checkName(name: string, value: string): void {
  if (!/^[^\p{Cc}\p{Cf}\s]{1,254}$/u.test(value)) throw new Error(`${name} is not one word`);
}

type Fill = (values: Record<string, string>) => string;
/** By template and everything about it that is no slot: languages, directions, optional parts. A handful at most. */
const compiled = new Map<string, Promise<Fill>>();

/**
 * Renders one mail: about 15 ms for the first of its kind and language, well under 1 ms for every further one.
 * Rejects with a sentence when a value must not go into a mail (a code that is no code, a URL that is none).
 */
export async function renderEmail<Name extends EmailTemplate>(
  template: Name,
  props: EmailProps[Name],
): Promise<RenderedEmail> {
  const definition: Definition<EmailProps[Name]> = DEFINITIONS[template];
  definition.check(props);
  const { fixed, values } = splitProps(definition, props);
  const key = JSON.stringify([template, Object.keys(values), fixed]);
  const fill = compiled.get(key) ?? compile(key, definition, fixed, Object.keys(values));
  return {
    subject: definition.subject(props),
    html: (await fill)(values),
    text: definition.text(props),
  };
}

function compile<Props>(
  key: string,
  definition: Definition<Props>,
  fixed: object,
  slots: readonly string[],
): Promise<Fill> {
  const fill = compileTemplate((markers) => definition.element({ ...fixed, ...markers } as Props), slots);
  compiled.set(key, fill);
  // A failure must not be remembered: the next mail tries again.
  fill.catch(() => compiled.delete(key));
  return fill;
}

/** Sorted, so that the order in which a caller names its values does not matter. */
function splitProps<Props extends object>(definition: Definition<Props>, props: Props) {
  const given = Object.entries(props)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const isSlot = ([name]: [string, unknown]) => (definition.slots as readonly string[]).includes(name);
  return {
    values: Object.fromEntries(given.filter(isSlot)) as Record<string, string>,
    fixed: Object.fromEntries(given.filter((entry) => !isSlot(entry))),
  };
}
