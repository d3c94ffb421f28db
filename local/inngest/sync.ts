// Keeps the engine's idea of the app's functions up to date: asks the app for them (in-band sync) again and
// again, so that an app that starts later, restarts or changes is picked up, and takes what the app sends
// itself (out-of-band).
import { createHash } from "node:crypto";
import { Absence } from "./absence.ts";
import { type Caller, describeNetworkError } from "./call.ts";
import type { Clock } from "./clock.ts";
import { parseCron } from "./cron.ts";
import { uuidOf } from "./ids.ts";
import { parseJson, plainText } from "./json.ts";
import { describeIssues, Registration } from "./protocol.ts";
import { canonicalJson, signBody } from "./signing.ts";
import type { Sql } from "./store/database.ts";
import { type CronRow, replaceCrons, replaceFunctions, saveSetting } from "./store/functions.ts";
import { checkFunctions } from "./supported.ts";
import { loadApp, type SyncState, UNKNOWN } from "./sync-state.ts";

const FIRST_PAUSE_MS = 250;
/** As often as the real dev server asks. */
const STEADY_PAUSE_MS = 5_000;
/** An app that is away, and will soon be back. Asking costs a refused connection. */
const AWAY_PAUSE_MS = 500;
const SYNC_TIMEOUT_MS = 30_000;

export type SyncAnswer =
  | { ok: true; modified: boolean; syncId: string; appId: string }
  | { ok: false; status: number; error: string };

export type SyncOptions = {
  sql: Sql;
  clock: Clock;
  caller: Caller;
  appUrl: URL;
  signingKey: string | null;
  /** How long the app may take to answer for the first time before that is said. */
  firstPatienceMs?: number | undefined;
  /** Called after functions changed in the database. */
  onChange: () => Promise<void>;
  /** Called once: the app has answered for the first time since the engine started. */
  onFirstAnswer: () => void;
  log: (message: string) => void;
};

export class Sync {
  readonly #options: SyncOptions;
  #state: SyncState = UNKNOWN;
  readonly #absence: Absence;
  /** Until then an app that has not answered yet is still starting; null once it has answered. */
  #firstAnswerByMs: number | null;
  #checksum = "";
  #timer: NodeJS.Timeout | null = null;
  #pauseMs = FIRST_PAUSE_MS;
  #isStopped = false;
  #current: Promise<void> | null = null;

  constructor(options: SyncOptions) {
    this.#options = options;
    this.#absence = new Absence(options.firstPatienceMs);
    this.#firstAnswerByMs = Date.now() + this.#absence.patienceMs;
  }

  /** The engine was started before its app: what is due would only find nobody there. Not longer than the patience. */
  get isAppStarting(): boolean {
    return this.#firstAnswerByMs !== null && Date.now() < this.#firstAnswerByMs;
  }

  get state(): SyncState {
    return this.#state;
  }

  async load(): Promise<void> {
    this.#state = { ...this.#state, ...(await loadApp(this.#options.sql)) };
  }

  start(): void {
    void this.again();
  }

  /** Asks the app now, and resolves when it has answered or has not. While it is being asked, that is waited for. */
  again(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#current ??= this.#round().finally(() => {
      this.#current = null;
    });
    return this.#current;
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #round(): Promise<void> {
    const before = this.#state.error;
    this.#state = { ...this.#state, askedAtMs: this.#options.clock.now() };
    try {
      await this.#ask();
    } catch (error) {
      this.#state = { ...this.#state, isReachable: false };
      this.#fail(describeNetworkError(error));
    }
    if (this.#isStopped) return;
    this.#report(before);
    const { error, isReachable } = this.#state;
    const pauseMaxMs = isReachable ? STEADY_PAUSE_MS : AWAY_PAUSE_MS;
    this.#pauseMs = error === null ? STEADY_PAUSE_MS : Math.min(this.#pauseMs * 1.5, pauseMaxMs);
    // A reachable app that is new to us, or was lost, is asked at the quick pace again.
    if (error !== null && before === null) this.#pauseMs = FIRST_PAUSE_MS;
    this.#timer = setTimeout(() => void this.again(), this.#pauseMs);
  }

  /** A refusal at once, since somebody has to mend it; silence only when it lasts. */
  #report(before: string | null): void {
    const { error, isReachable } = this.#state;
    const { appUrl, log } = this.#options;
    const news = this.#absence.note(isReachable, Date.now());
    if (news === "away")
      log(
        `The app at ${appUrl.href} has not answered for ${this.#absence.patienceMs / 1000} s (${error}); its runs wait until it does.`,
      );
    if (news === "back") log("The app answers again.");
    if (isReachable && error !== null && error !== before)
      log(`The app's functions were not taken over: ${error}`);
  }

  async #ask(): Promise<void> {
    const { appUrl, caller, clock, signingKey } = this.#options;
    const body = canonicalJson(JSON.stringify({ url: appUrl.href }));
    const answer = await caller.request(
      "PUT",
      appUrl.search,
      {
        "content-type": "application/json",
        "user-agent": "Inngest",
        "x-inngest-server-kind": signingKey === null ? "dev" : "cloud",
        "x-inngest-sync-kind": "in_band",
        ...(signingKey === null
          ? {}
          : { "x-inngest-signature": signBody(signingKey, body, clock.realNow()) }),
      },
      body,
      { timeoutMs: SYNC_TIMEOUT_MS },
    );
    this.#state = { ...this.#state, isReachable: true };
    this.#noteAnswer();
    const parsed = parseJson(answer.body);
    if (answer.status !== 200) {
      const message =
        typeof parsed === "object" && parsed !== null && "message" in parsed ? String(parsed.message) : "";
      const hint =
        answer.status === 401 ? " (do the app and the engine have the same INNGEST_SIGNING_KEY?)" : "";
      this.#fail(`${this.#options.appUrl.href} answered ${answer.status} ${plainText(message, 200)}${hint}`);
      return;
    }
    // The app refused in-band sync and registered itself while it was asked: nothing more to do.
    if (typeof parsed === "object" && parsed !== null && "message" in parsed && !("functions" in parsed))
      return;
    if (answer.headers["x-inngest-sdk"] === undefined) {
      this.#fail(`${this.#options.appUrl.href} does not answer as an Inngest app.`);
      return;
    }
    await this.#takeOver(parsed, true);
  }

  #noteAnswer(): void {
    if (this.#firstAnswerByMs === null) return;
    this.#firstAnswerByMs = null;
    this.#options.onFirstAnswer();
  }

  #fail(error: string): void {
    const { errorSinceMs } = this.#state;
    this.#state = {
      ...this.#state,
      error,
      errorSinceMs: errorSinceMs ?? this.#options.clock.now(),
    };
  }

  /** Takes over a registration that came by itself, or refuses it as a whole and says why. */
  async register(body: unknown): Promise<SyncAnswer> {
    return await this.#takeOver(body, false);
  }

  /**
   * `isOurs` when the configured address itself gave it: then it may name other addresses (an app behind a
   * proxy knows its public one), which are not used anyway. Otherwise they tell whose registration it is.
   */
  async #takeOver(body: unknown, isOurs: boolean): Promise<SyncAnswer> {
    const parsed = Registration.safeParse(body);
    if (!parsed.success)
      return this.#refuse(400, `The registration cannot be read: ${describeIssues(parsed.error)}`);
    const registration = parsed.data;
    if (!isOurs && !this.#isOurApp(registration.url)) {
      return this.#refuse(
        400,
        `This engine serves ${this.#options.appUrl.href} only, not ${plainText(registration.url, 300)}.`,
      );
    }
    const { functions, refusals } = checkFunctions(registration.functions);
    for (const fn of functions) {
      const url = fn.steps.step?.runtime.url ?? "";
      if (!this.#isOurApp(url))
        refusals.push(`function "${fn.id}" is to be called at another address (${url})`);
    }
    if (refusals.length > 0) return this.#refuse(400, refusals.join("; "));

    const appName = plainText(registration.appName ?? registration.app_id ?? "app", 200);
    const rows = functions.map((fn) => ({
      slug: fn.id,
      id: uuidOf(`function:${appName}:${fn.id}`),
      name: plainText(fn.name ?? fn.id, 256),
      config: canonicalJson(JSON.stringify(withoutUrls(fn))),
    }));
    const checksum = createHash("sha256")
      .update(JSON.stringify([appName, rows]))
      .digest("hex");
    const modified = checksum === this.#checksum ? false : await this.#store(appName, registration, rows);
    this.#checksum = checksum;
    if (modified) {
      this.#options.log(`Took over ${rows.length} functions of the app "${appName}".`);
      await this.#options.onChange();
    }
    // Last of all: who sees the app connected may send events that its functions must hear.
    this.#state = {
      ...this.#state,
      appName,
      sdk: plainText(registration.sdk ?? "", 60) || null,
      framework: plainText(registration.framework ?? "", 60) || null,
      syncedAtMs: this.#options.clock.now(),
      syncKind: isOurs ? "asked" : "registered",
      error: null,
      errorSinceMs: null,
      isReachable: true,
    };
    this.#noteAnswer();
    return { ok: true, modified, syncId: crypto.randomUUID(), appId: uuidOf(`app:${appName}`) };
  }

  async #store(
    appName: string,
    registration: Registration,
    rows: readonly { slug: string; id: string; name: string; config: string }[],
  ): Promise<boolean> {
    const nowMs = this.#options.clock.now();
    const crons: CronRow[] = [];
    const { functions } = checkFunctions(registration.functions);
    for (const fn of functions) {
      for (const trigger of fn.triggers) {
        if (!("cron" in trigger)) continue;
        const next = parseCron(trigger.cron).next(nowMs);
        if (next !== null) crons.push({ function_slug: fn.id, expression: trigger.cron, next_at_ms: next });
      }
    }
    return await this.#options.sql.begin(async (tx) => {
      const modified = await replaceFunctions(tx, rows, nowMs);
      await replaceCrons(tx, crons);
      const { sdk, framework } = registration;
      await saveSetting(tx, "app", JSON.stringify({ appName, sdk, framework }));
      if (modified) await tx`select pg_notify('inngest_functions', '')`;
      return modified;
    });
  }

  #refuse(status: number, error: string): SyncAnswer {
    // A registration for somebody else's address says nothing about our app.
    if (!error.startsWith("This engine serves")) this.#fail(error);
    return { ok: false, status, error };
  }

  /** The same address, where localhost, 127.0.0.1 and [::1] are the same host. */
  #isOurApp(text: string): boolean {
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    const { appUrl } = this.#options;
    const isLoopback = (host: string) => ["localhost", "127.0.0.1", "[::1]"].includes(host);
    const sameHost =
      url.hostname === appUrl.hostname || (isLoopback(url.hostname) && isLoopback(appUrl.hostname));
    return (
      sameHost &&
      url.protocol === appUrl.protocol &&
      url.port === appUrl.port &&
      url.pathname === appUrl.pathname
    );
  }
}

/** The addresses inside a registration are not used (only the configured one is), so they are not kept. */
function withoutUrls<T extends { steps: { [id: string]: { runtime: { url: string } } } }>(fn: T): T {
  const steps = Object.fromEntries(
    Object.entries(fn.steps).map(([id, step]) => [id, { ...step, runtime: { ...step.runtime, url: "" } }]),
  );
  return { ...fn, steps };
}
