import { Button, Link, Text } from "react-email";
import { color, font, smallText } from "./theme";

/** A button, and under it the address it opens, for clients that show no buttons and for people who look first. */
export function LinkButton({ href, label, orOpen }: { href: string; label: string; orOpen: string }) {
  return (
    <>
      <Button
        href={href}
        className="lk-button"
        style={{
          margin: "8px 0 24px 0",
          padding: "14px 24px",
          borderRadius: "9px",
          backgroundColor: color.accent,
          color: color.onAccent,
          fontFamily: font.sans,
          fontSize: "16px",
          fontWeight: 600,
          textAlign: "center",
        }}
      >
        {label}
      </Button>
      <Text className="lk-muted" style={smallText}>
        {orOpen}
        <br />
        <Link
          href={href}
          dir="ltr"
          className="lk-link"
          style={{ color: color.link, textDecoration: "underline", wordBreak: "break-all" }}
        >
          {href}
        </Link>
      </Text>
    </>
  );
}
