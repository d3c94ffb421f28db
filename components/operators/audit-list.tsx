"use client";
// The entries of the audit trail (why in the browser's part: delivery-rows.tsx).
import { Instant } from "./instant";

export type AuditEntry = {
  id: string;
  at: Date;
  sentence: string;
  actor: string;
  facts: readonly AuditFact[];
};

/** `href`: where the value leads. `isHash`: letters that mean nothing but that two are the same. */
export type AuditFact = { name: string; value: string; href?: string; isHash?: boolean };

export function AuditList({ entries }: { entries: readonly AuditEntry[] }) {
  return (
    <ul className="divide-y divide-line rounded-card border border-line bg-surface shadow-card">
      {entries.map((entry) => (
        <Entry key={entry.id} entry={entry} />
      ))}
    </ul>
  );
}

function Entry({ entry: { at, sentence, actor, facts } }: { entry: AuditEntry }) {
  return (
    <li className="grid gap-x-4 gap-y-1 px-4 py-3 sm:grid-cols-[11rem_minmax(0,1fr)]">
      <span className="text-small text-fg-muted sm:pt-0.5">
        <Instant at={at} />
      </span>
      <div className="min-w-0 break-words">
        <p>
          {sentence}
          <span className="text-fg-muted"> · {actor}</span>
        </p>
        {facts.length > 0 ? (
          <dl className="flex flex-wrap gap-x-5 gap-y-1 text-small">
            {facts.map((fact) => (
              <Fact key={fact.name} fact={fact} />
            ))}
          </dl>
        ) : null}
      </div>
    </li>
  );
}

function Fact({ fact: { name, value, href, isHash } }: { fact: AuditFact }) {
  return (
    <div>
      <dt className="inline text-fg-muted">{name} </dt>
      <dd className={isHash ? "inline font-mono" : "inline"}>
        {href ? (
          <a
            href={href}
            className="text-accent-fg underline decoration-1 underline-offset-3 hover:decoration-2"
          >
            {value}
          </a>
        ) : (
          value
        )}
      </dd>
    </div>
  );
}
