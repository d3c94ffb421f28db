import type { ReactNode } from "react";
import { tellDevice } from "./device-words";
import { LocalTime } from "./local-time";
import { useTexts } from "./texts-provider";

/** Who registered, for somebody who is to say whether it was them. */
export function RegistrationFacts({
  username,
  email,
  registeredAt,
  device,
}: {
  username: string;
  email: string;
  registeredAt: string;
  /** Browser and system in English words, or null. */
  device: string | null;
}) {
  const texts = useTexts();
  const { t } = texts;
  return (
    <dl className="mt-5 divide-y divide-line border-y border-line">
      <Fact name={t("facts.username")}>{username}</Fact>
      <Fact name={t("facts.email")}>{email}</Fact>
      <Fact name={t("facts.registered")}>
        <LocalTime at={registeredAt} shape="day" />
        {device ? <span className="block text-small text-fg-muted">{tellDevice(texts, device)}</span> : null}
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-4 py-3 sm:grid-cols-[7.5rem_minmax(0,1fr)]">
      <dt className="text-fg-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}
