import { WifiOff } from "lucide-react";
import type { Connection } from "./confirmation-feed";
import { useTexts } from "./texts-provider";

/** How fresh the state on the page is. Room is kept, so nothing moves when it changes. */
export function ConnectionBadge({ connection }: { connection: Connection }) {
  const { t } = useTexts();
  switch (connection) {
    case "connecting":
      return null;
    case "live":
      return (
        <Badge>
          <span aria-hidden="true" className="size-2 rounded-full bg-done-fg" />
          {t("confirm.live")}
        </Badge>
      );
    case "polling":
      return (
        <Badge>
          <span aria-hidden="true" className="size-2 rounded-full border-2 border-waiting-fg" />
          {t("confirm.polling")}
        </Badge>
      );
    case "offline":
      return (
        <Badge>
          <WifiOff aria-hidden="true" className="size-3.5 text-waiting-fg" />
          {t("confirm.offline")}
        </Badge>
      );
  }
}

function Badge({ children }: { children: React.ReactNode }) {
  return <span className="inline-flex items-center gap-1.5 text-small text-fg-muted">{children}</span>;
}
