// What the mails say, by language. Values come in as arguments, so that each language orders its own sentence.

export type EmailLanguage = "en";
export type EmailDirection = "ltr" | "rtl";

export type ConfirmationTexts = {
  subject: (code: string) => string;
  preview: (minutes: number) => string;
  heading: string;
  instruction: string;
  lifetime: (minutes: number) => string;
  button: string;
  orOpen: string;
  why: string;
  notYou: string;
  neverShare: string;
};

export type ExistingAccountTexts = {
  subject: string;
  preview: string;
  heading: string;
  happened: string;
  unchanged: string;
  button: string;
  orOpen: string;
  notYou: string;
};

export type PasswordChangedTexts = {
  subject: string;
  preview: string;
  heading: string;
  happened: string;
  signIn: string;
  button: string;
  orOpen: string;
  notYou: string;
};

/** The last line of every mail: `consequence` says what the link below it does. */
export type NotMeTexts = { label: string; consequence: string };

type Texts = {
  direction: EmailDirection;
  notMe: NotMeTexts;
  confirmation: ConfirmationTexts;
  existingAccount: ExistingAccountTexts;
  passwordChanged: PasswordChangedTexts;
};

const TEXTS: Record<EmailLanguage, Texts> = {
  en: {
    direction: "ltr",
    notMe: {
      label: "This wasn’t me",
      consequence: "To end that registration, and to get no more mail from us for 30 days:",
    },
    confirmation: {
      subject: (code) => `${code} is your Latchkey code`,
      preview: (minutes) => `Type it on the page where you signed up. It works for ${minutes} minutes.`,
      heading: "Confirm your email address",
      instruction: "Type this code on the page where you signed up:",
      lifetime: (minutes) => `It works once, within ${minutes} minutes of this mail’s arrival.`,
      button: "Confirm this address",
      orOpen: "Or open this link:",
      why: "You got this mail because this address was used to sign up for Latchkey.",
      notYou: "Was it not you? Then do not confirm: without that, nothing happens.",
      neverShare: "Nobody from Latchkey will ever ask you for this code.",
    },
    existingAccount: {
      subject: "You already have a Latchkey account",
      preview: "Somebody tried to sign up with your address. Nothing about your account was changed.",
      heading: "You already have an account",
      happened:
        "Somebody, probably you, tried to sign up for Latchkey with this address. It belongs to your account already, so no second one was made.",
      unchanged: "Nothing about your account was changed. Sign in as usual:",
      button: "Sign in",
      orOpen: "Or open this link:",
      notYou:
        "Was it not you? Then there is nothing to do: nobody got into your account, and whoever tried was not told that it exists.",
    },
    passwordChanged: {
      subject: "Your Latchkey password was changed",
      preview: "If that was you, there is nothing to do.",
      heading: "Your password was changed",
      happened:
        "The password of your Latchkey account was changed just now, by somebody who knew the one before. Everybody who was signed in with it is signed out, except where it was changed.",
      signIn: "If that was you, there is nothing to do. On your other devices you sign in again:",
      button: "Sign in",
      orOpen: "Or open this link:",
      notYou:
        "Was it not you? Then somebody else is in your account. Please answer this mail at once, and change the same password wherever else you use it.",
    },
  },
};

/** The last paragraph of a mail's plain text; none without a link. */
export function notMeText(language: EmailLanguage, url: string | undefined): string[] {
  const { consequence } = TEXTS[language].notMe;
  return url === undefined ? [] : [`${consequence}\n${url}`];
}

/** The texts of one language. */
export function emailTexts(language: EmailLanguage): Texts {
  return TEXTS[language];
}
