import { Heading } from "react-email";
import { color, type Direction, font } from "./theme";

/** The one h1 of a mail. */
export function HeadingText({ dir, children }: { dir: Direction; children: string }) {
  return (
    <Heading
      as="h1"
      className="lk-text"
      style={{
        margin: "0 0 16px 0",
        fontFamily: font.sans,
        fontSize: "24px",
        lineHeight: "32px",
        fontWeight: 650,
        // Letters of Arabic are joined: any spacing tears them apart.
        ...(dir === "ltr" ? { letterSpacing: "-0.3px" } : {}),
        color: color.text,
      }}
    >
      {children}
    </Heading>
  );
}
