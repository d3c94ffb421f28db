// The error shape of the whole API (RFC 9457) and of the forms: one type, so a page shows what the API says.

export type FieldProblem = { field: string; code: string; detail: string };

/** `application/problem+json`. `code` is stable and for machines, `detail` a plain sentence for people. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  errors?: FieldProblem[];
  /** With 429 and 503: when the same request will be accepted. ISO 8601, UTC. */
  next_allowed_at?: string;
  /** With `wrong_code`. */
  tries_left?: number;
  /** With `already_confirmed` of a link: the caller is signed in to that very account. */
  is_yours?: true;
  /** With `proof_required`: an ALTCHA challenge (v2). Its solution goes with the same request, as `proof`. */
  proof?: object;
};
