import { WifiOff } from "lucide-react";
import type { ReactNode } from "react";
import type { Connection } from "./confirmation-feed";
import { useTexts } from "./texts-provider";
import { Room } from "./ui/room";

const SIGNS: Readonly<Record<Connection, ReactNode>> = {
  connecting: null,
  live: <span aria-hidden="true" className="size-2 rounded-full bg-done-fg" />,
  // As calm as "live": what is shown is right, only seconds older.
  polling: <span aria-hidden="true" className="size-2 rounded-full border-2 border-done-fg" />,
  offline: <WifiOff aria-hidden="true" className="size-3.5 shrink-0 text-waiting-fg" />,
};

/** How fresh the state on the page is. The room of all its words is kept, so nothing moves when it changes. */
export function ConnectionBadge({ connection }: { connection: Connection }) {
  const { t } = useTexts();
  const words = {
    connecting: "",
    live: t("confirm.live"),
    polling: t("confirm.polling"),
    offline: t("confirm.offline"),
  };
  return (
    <span className="ps-5 text-small text-fg-muted noscript:hidden">
      <Room
        texts={Object.values(words).filter(Boolean)}
        className="items-baseline justify-items-end text-end tight:justify-items-start tight:text-start"
      >
        {/* The sign is in the padding, on the first line: room and line are those of the words. */}
        <span className="relative block">
          <span className="absolute end-full top-0 flex h-lh items-center pe-1.5">{SIGNS[connection]}</span>
          {words[connection]}
        </span>
      </Room>
    </span>
  );
}
