// Tokens, and what an account does with them.
import {
  AboutAccountFields,
  changePasswordFields,
  DeleteAccountFields,
  RefreshFields,
  SessionFields,
  SignInFields,
} from "@/app/_http/schemas";
import type { Answer, Operation } from "../operation";
import {
  ANY_BODY,
  ANY_CALL,
  FROM_ELSEWHERE,
  fieldSentenceOf,
  NO_ACCOUNT,
  NO_TOKEN,
  type Refused,
  wrongFields,
} from "../problems";
import { ADA, ADA_ACCOUNT, OTHER_USER_ID, QUEUED_AT, TOKENS } from "./people";

const SIGNED_IN = { ...TOKENS, user_data: ADA_ACCOUNT };
const SESSION_ID = "5f0c1f0a-8a55-4b39-9a0f-2f8a9d0d1e22";
const REFRESH = { refresh_token: TOKENS.refresh_token };

const OF_AN_ACCOUNT: readonly Refused[] = [...ANY_CALL, ...NO_TOKEN, ...NO_ACCOUNT];
const CHANGING_ONE: readonly Refused[] = [...OF_AN_ACCOUNT, ...ANY_BODY, ...FROM_ELSEWHERE];
const NO_REFRESH_TOKEN = wrongFields(
  {},
  { field: "refresh_token", code: "required", detail: fieldSentenceOf("required_refresh_token") },
);
/** For another account than the caller's, which may be a registration. */
const ofAnother = (sends: object): Refused[] =>
  (["other_account", "other_registration"] as const).map((code) => ({
    code,
    sends: { ...sends, user_id: OTHER_USER_ID },
  }));
const WRONG_PASSWORD = { code: "wrong_password", detail: fieldSentenceOf("wrong_password") };

const done = (means: string, name: string, sends: object): Answer => ({
  status: 204,
  means,
  schema: null,
  examples: [{ name, sends }],
});

export const SIGNING_IN: readonly Operation[] = [
  {
    id: "signIn",
    method: "post",
    path: "/api/v1/usr/token",
    tag: "Signing in",
    summary: "Sign in",
    description:
      "By username or confirmed address. An unknown name and a wrong password are answered alike, and take the same time. A claim gets tokens of its claim.",
    access: "anybody",
    takes: () => SignInFields,
    answers: [
      {
        status: 200,
        means: "A new session, which lives 30 days.",
        schema: "SignedIn",
        examples: [
          {
            name: "by_username",
            sends: { login: ADA.username, password: ADA.password },
            answer: SIGNED_IN,
          },
          { name: "by_address", sends: { login: ADA.email, password: ADA.password }, answer: SIGNED_IN },
        ],
      },
    ],
    refusals: [
      ...ANY_CALL,
      ...ANY_BODY,
      wrongFields(
        { login: ADA.username },
        { field: "password", code: "required", detail: fieldSentenceOf("required_password") },
      ),
      { code: "bad_credentials", sends: { login: ADA.username, password: "another password" } },
      { code: "sign_in_limit" },
      { code: "busy" },
    ],
  },
  {
    id: "refresh",
    method: "post",
    path: "/api/v1/usr/token/refresh",
    tag: "Signing in",
    summary: "New tokens for a refresh token",
    description:
      "Once. A refresh token that comes a second time ends its session: somebody has a copy. One that the limit refused was not used.",
    access: "anybody",
    takes: () => RefreshFields,
    answers: [
      {
        status: 200,
        means: "A new pair.",
        schema: "TokenPair",
        examples: [{ name: "a_new_pair", sends: REFRESH, answer: TOKENS }],
      },
    ],
    refusals: [
      ...ANY_CALL,
      ...ANY_BODY,
      NO_REFRESH_TOKEN,
      { code: "invalid_token", sends: { refresh_token: "one that was used" } },
      { code: "refresh_limit" },
    ],
  },
  {
    id: "revoke",
    method: "post",
    path: "/api/v1/usr/token/revoke",
    tag: "Signing in",
    summary: "Sign out",
    description:
      "Ends the session of a refresh token. 204 also for a token that nobody knows (RFC 7009, 2.2).",
    access: "anybody",
    takes: () => RefreshFields,
    answers: [done("Ended.", "ended", REFRESH)],
    refusals: [...ANY_CALL, ...ANY_BODY, NO_REFRESH_TOKEN],
  },
  {
    id: "readMe",
    method: "get",
    path: "/api/v1/usr/me",
    tag: "Account",
    summary: "Who the token belongs to",
    description: "The account of an access token, or of the browser's cookie.",
    access: "account",
    answers: [
      {
        status: 200,
        means: "The person.",
        schema: "UserData",
        examples: [{ name: "an_account", as: "account", answer: ADA_ACCOUNT }],
      },
    ],
    refusals: OF_AN_ACCOUNT,
  },
  {
    id: "listSessions",
    method: "get",
    path: "/api/v1/usr/sessions",
    tag: "Account",
    summary: "Where the caller is signed in",
    description: "The session that asks stands first.",
    access: "account",
    answers: [
      {
        status: 200,
        means: "Every live session.",
        schema: "SessionList",
        examples: [
          {
            name: "one",
            answer: {
              sessions: [
                {
                  id: SESSION_ID,
                  device: "Firefox on Linux",
                  created_at: QUEUED_AT,
                  last_seen_at: QUEUED_AT,
                  expires_at: "2026-12-24T10:00:00.000Z",
                  current: true,
                },
              ],
            },
          },
        ],
      },
    ],
    refusals: OF_AN_ACCOUNT,
  },
  {
    id: "endSession",
    method: "post",
    path: "/api/v1/usr/sessions/revoke",
    tag: "Account",
    summary: "End one session",
    description: "204 also for one that is over, unknown or somebody else's.",
    access: "account",
    takes: () => SessionFields,
    answers: [done("Its cookie and tokens have ended.", "ended", { session_id: SESSION_ID })],
    refusals: [
      ...CHANGING_ONE,
      wrongFields(
        { session_id: "7" },
        { field: "session_id", code: "invalid", detail: fieldSentenceOf("session_id_invalid") },
      ),
      ...ofAnother({ session_id: SESSION_ID }),
    ],
  },
  {
    id: "endOtherSessions",
    method: "post",
    path: "/api/v1/usr/sessions/revoke-others",
    tag: "Account",
    summary: "Sign out everywhere else",
    description: "All sessions but the one that asks.",
    access: "account",
    takes: () => AboutAccountFields,
    isBodyOptional: true,
    answers: [
      {
        status: 200,
        means: "How many have ended.",
        schema: "Revoked",
        examples: [{ name: "two", sends: { user_id: ADA_ACCOUNT.id }, answer: { revoked: 2 } }],
      },
    ],
    refusals: [
      ...CHANGING_ONE,
      wrongFields(
        { user_id: "me" },
        { field: "user_id", code: "invalid", detail: fieldSentenceOf("user_id_invalid") },
      ),
      ...ofAnother({}),
    ],
  },
  {
    id: "changePassword",
    method: "post",
    path: "/api/v1/usr/change-password",
    tag: "Account",
    summary: "Change the password",
    description: "Every session ends; the answer has tokens of a new one. The mailbox is told.",
    access: "account",
    takes: ({ passwordMin }) => changePasswordFields(passwordMin),
    answers: [
      {
        status: 200,
        means: "Changed.",
        schema: "SignedIn",
        examples: [
          {
            name: "changed",
            sends: { current_password: ADA.password, new_password: "another horse, another battery" },
            answer: SIGNED_IN,
          },
        ],
      },
    ],
    refusals: [
      ...CHANGING_ONE,
      wrongFields(
        { current_password: "not the one", new_password: "another horse, another battery" },
        { field: "current_password", ...WRONG_PASSWORD },
      ),
      ...ofAnother({ current_password: ADA.password, new_password: "another horse, another battery" }),
      { code: "sign_in_limit" },
      { code: "password_limit" },
      { code: "busy" },
    ],
  },
  {
    id: "deleteAccount",
    method: "post",
    path: "/api/v1/usr/delete-account",
    tag: "Account",
    summary: "Delete the account",
    description: "Everything about the caller is removed, for good.",
    access: "account",
    takes: () => DeleteAccountFields,
    answers: [done("Gone.", "gone", { password: ADA.password })],
    refusals: [
      ...CHANGING_ONE,
      wrongFields({ password: "not the one" }, { field: "password", ...WRONG_PASSWORD }),
      ...ofAnother({ password: ADA.password }),
      { code: "sign_in_limit" },
      { code: "busy" },
    ],
  },
];
