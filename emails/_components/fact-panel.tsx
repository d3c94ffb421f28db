import { Column, Row, Section } from "react-email";
import { color, type Direction, font } from "./theme";

export type MailFact = { name: string; value: string };

/** Names and values to keep, each value one run of text that a double click or a long press takes whole. */
export function FactPanel({ dir, facts }: { dir: Direction; facts: readonly MailFact[] }) {
  const side = dir === "rtl" ? "right" : "left";
  return (
    <Section
      className="lk-panel"
      style={{
        margin: "8px 0 24px 0",
        padding: "10px 0",
        backgroundColor: color.panel,
        borderRadius: "10px",
        borderCollapse: "separate",
      }}
    >
      {facts.map(({ name, value }) => (
        <Row key={name}>
          <Column align={side} style={{ padding: "8px 20px", textAlign: side }}>
            <span
              className="lk-muted"
              style={{ fontFamily: font.sans, fontSize: "13px", lineHeight: "20px", color: color.muted }}
            >
              {name}
            </span>
            <br />
            <span
              dir="ltr"
              className="lk-text"
              style={{
                fontFamily: font.sans,
                fontSize: "16px",
                lineHeight: "24px",
                fontWeight: 600,
                wordBreak: "break-all",
                color: color.text,
              }}
            >
              {value}
            </span>
          </Column>
        </Row>
      ))}
    </Section>
  );
}
