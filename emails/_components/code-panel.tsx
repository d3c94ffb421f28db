import { Column, Row, Section } from "react-email";
import { color, font } from "./theme";

/**
 * The code as one run of text: a double click or a long press takes all six digits and nothing else. The space between
 * them is letter-spacing, with padding on one side to keep the whole centred.
 */
export function CodePanel({ code }: { code: string }) {
  return (
    <Section
      className="lk-panel"
      style={{
        margin: "8px 0 24px 0",
        backgroundColor: color.panel,
        borderRadius: "10px",
        borderCollapse: "separate",
      }}
    >
      <Row>
        <Column style={{ padding: "22px 12px", textAlign: "center" }}>
          <span
            dir="ltr"
            className="lk-text"
            style={{
              fontFamily: font.mono,
              fontSize: "36px",
              lineHeight: "44px",
              fontWeight: 600,
              letterSpacing: "8px",
              paddingLeft: "8px",
              whiteSpace: "nowrap",
              color: color.text,
            }}
          >
            {code}
          </span>
        </Column>
      </Row>
    </Section>
  );
}
