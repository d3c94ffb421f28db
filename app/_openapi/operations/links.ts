// What the links of a mail do: confirming, and "This wasn't me".
import { AboutMailFields, LinkFields } from "@/app/_http/schemas";
import { textsOf } from "@/messages/catalog";
import type { Operation } from "../operation";
import {
  ANY_BODY,
  ANY_CALL,
  FROM_ELSEWHERE,
  fieldSentenceOf,
  NO_TOKEN,
  type Refused,
  wrongFields,
} from "../problems";
import { ADA, ADA_ACCOUNT, DELIVERY_ID, OTHER_DELIVERY_ID, QUEUED_AT, TOKENS } from "./people";

const LINK = { link: "Y29uZmlybSB0aGUgYWRkcmVzcyBvZiBh" };
const NOT_ME = { link: "C4-PHnpDTV6aOx9PPBorPGV0ZmhhZGFAZXhhbXBsZS5jb20c2lnbmVk" };
const OVER = { link: "bm8gbGluayBvZiBvdXJzLCBvciBvdmVy" };
const SIGN_IN = textsOf("en").t("problems.sentence.already_confirmed_sign_in");

const NO_LINK = wrongFields(
  {},
  { field: "link", code: "required", detail: fieldSentenceOf("required_link") },
);

const OF_CONFIRMING: readonly Refused[] = [
  ...ANY_CALL,
  ...ANY_BODY,
  ...FROM_ELSEWHERE,
  NO_LINK,
  { code: "link_over", sends: OVER },
  { code: "already_confirmed", sends: LINK, more: { detail: SIGN_IN } },
  { code: "link_limit" },
];

const OF_NOT_ME: readonly Refused[] = [
  ...ANY_CALL,
  ...ANY_BODY,
  ...FROM_ELSEWHERE,
  NO_LINK,
  {
    code: "link_over",
    sends: OVER,
    more: { detail: textsOf("en").t("problems.sentence.not_me_link_over") },
  },
  { code: "link_limit" },
];

const STOPPED = {
  email: ADA.email,
  stopped_until: "2026-12-24T10:00:00.000Z",
  registration: null,
} as const;
const NOT_STOPPED = {
  email: ADA.email,
  stopped_until: null,
  registration: { username: ADA.username, registered_at: QUEUED_AT, device: "Firefox on Linux" },
} as const;

export const LINKS: readonly Operation[] = [
  {
    id: "confirmLink",
    method: "post",
    path: "/api/v1/usr/confirm-link",
    tag: "Links",
    summary: "Confirm with the link",
    description:
      "Confirms the address of the claim whose mail carried the link. It signs in only who holds that claim already; the page where they registered goes on by the call below.",
    access: "perhaps",
    takes: () => LinkFields,
    answers: [
      {
        status: 200,
        means: "Confirmed; with new tokens, if the token was of that claim.",
        schema: "ConfirmedByLink",
        examples: [
          {
            name: "on_another_device",
            as: "nobody",
            sends: LINK,
            answer: { confirmed: true, signed_in: false, user_data: ADA_ACCOUNT },
          },
          {
            name: "where_they_registered",
            as: "claim",
            sends: LINK,
            answer: { confirmed: true, signed_in: true, ...TOKENS, user_data: ADA_ACCOUNT },
          },
        ],
      },
    ],
    refusals: OF_CONFIRMING,
  },
  {
    id: "lookAtConfirmLink",
    method: "post",
    path: "/api/v1/usr/confirm-link/look",
    tag: "Links",
    summary: "What that link would confirm",
    description: "Changes nothing. A POST, so that the link stands in no address.",
    access: "perhaps",
    takes: () => LinkFields,
    answers: [
      {
        status: 200,
        means: "Whose claim it is.",
        schema: "LinkData",
        examples: [
          {
            name: "a_claim",
            as: "nobody",
            sends: LINK,
            answer: {
              username: ADA.username,
              email: ADA.email,
              registered_at: QUEUED_AT,
              device: "Firefox on Linux",
              is_yours: false,
            },
          },
        ],
      },
    ],
    refusals: OF_CONFIRMING,
  },
  {
    id: "continueAfterConfirmation",
    method: "post",
    path: "/api/v1/usr/confirmation/continue",
    tag: "Links",
    summary: "Go on after it was confirmed elsewhere",
    description:
      "The token of a claim that was confirmed on another device, by its link or its code, for full tokens: once, within fifteen minutes.",
    access: "claim",
    takes: () => AboutMailFields,
    isBodyOptional: true,
    answers: [
      {
        status: 200,
        means: "Signed in.",
        schema: "Confirmed",
        examples: [
          {
            name: "confirmed_elsewhere",
            sends: { delivery_id: DELIVERY_ID },
            answer: { confirmed: true, ...TOKENS, user_data: ADA_ACCOUNT },
          },
        ],
      },
    ],
    refusals: [
      ...ANY_CALL,
      ...ANY_BODY,
      ...NO_TOKEN,
      ...FROM_ELSEWHERE,
      { code: "not_confirmed" },
      { code: "already_confirmed", more: { detail: SIGN_IN } },
      wrongFields(
        { delivery_id: "the newest one" },
        { field: "delivery_id", code: "invalid", detail: fieldSentenceOf("delivery_id_invalid") },
      ),
      { code: "other_registration", sends: { delivery_id: OTHER_DELIVERY_ID } },
    ],
  },
  {
    id: "notMe",
    method: "post",
    path: "/api/v1/usr/not-me",
    tag: "Links",
    summary: "“This wasn’t me”",
    description:
      "Ends the claim whose mail carried the link, and stops mail to its address for 30 days. An account that was confirmed stays. Again is no error.",
    access: "anybody",
    takes: () => LinkFields,
    answers: [
      {
        status: 200,
        means: "Stopped.",
        schema: "NotMeData",
        examples: [{ name: "stopped", sends: NOT_ME, answer: STOPPED }],
      },
    ],
    refusals: OF_NOT_ME,
  },
  {
    id: "lookAtNotMe",
    method: "post",
    path: "/api/v1/usr/not-me/look",
    tag: "Links",
    summary: "What that link would end",
    description: "Changes nothing.",
    access: "anybody",
    takes: () => LinkFields,
    answers: [
      {
        status: 200,
        means: "What it is about.",
        schema: "NotMeData",
        examples: [{ name: "a_claim", sends: NOT_ME, answer: NOT_STOPPED }],
      },
    ],
    refusals: OF_NOT_ME,
  },
  {
    id: "undoNotMe",
    method: "post",
    path: "/api/v1/usr/not-me/undo",
    tag: "Links",
    summary: "Take it back",
    description: "Mail to the address goes out again. A claim that was ended stays so.",
    access: "anybody",
    takes: () => LinkFields,
    answers: [
      {
        status: 200,
        means: "No longer stopped.",
        schema: "NotMeData",
        examples: [
          {
            name: "taken_back",
            sends: NOT_ME,
            answer: { email: ADA.email, stopped_until: null, registration: null },
          },
        ],
      },
    ],
    refusals: OF_NOT_ME,
  },
];
