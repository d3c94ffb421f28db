// The sheet every mail is written on: wordmark, card, footer. One column of 600 px, tables, no images.
import type { ReactNode } from "react";
import { Body, Column, Container, Head, Html, Preview, Row, Section, Text } from "react-email";
import type { EmailDirection } from "../texts";
import { color, font, smallText, styleSheet } from "./theme";

export function EmailLayout(props: {
  lang: string;
  dir: EmailDirection;
  preview: string;
  /** Why this mail came and what to do if it was not asked for; one paragraph each. */
  footer: readonly string[];
  children: ReactNode;
}) {
  const { lang, dir, preview, footer, children } = props;
  const side = dir === "rtl" ? "right" : "left";
  return (
    <Html lang={lang} dir={dir}>
      <Head>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no" />
        <style>{styleSheet}</style>
      </Head>
      <Body
        lang={lang}
        dir={dir}
        className="lk-page"
        style={{ margin: "0", padding: "32px 12px 40px", backgroundColor: color.page }}
      >
        <Preview>{preview}</Preview>
        <Container style={{ width: "100%", maxWidth: "600px" }}>
          <Wordmark side={side} />
          <Section
            className="lk-card"
            style={{
              backgroundColor: color.card,
              border: `1px solid ${color.border}`,
              borderRadius: "14px",
              borderCollapse: "separate",
            }}
          >
            <Row>
              <Column className="lk-gutter" style={{ padding: "40px 44px 32px", textAlign: side }}>
                {children}
              </Column>
            </Row>
          </Section>
          <Section>
            <Row>
              <Column className="lk-gutter" style={{ padding: "24px 44px 0", textAlign: side }}>
                {footer.map((paragraph) => (
                  <Text key={paragraph} className="lk-muted" style={smallText}>
                    {paragraph}
                  </Text>
                ))}
              </Column>
            </Row>
          </Section>
        </Container>
      </Body>
    </Html>
  );
}

/** Text, so that it is there with images off; a table of its own, so that Outlook keeps it on one line. */
function Wordmark({ side }: { side: "left" | "right" }) {
  return (
    <Section>
      <Row>
        <Column className="lk-gutter" style={{ padding: "0 44px 20px", textAlign: side }}>
          <span
            className="lk-text"
            style={{
              fontFamily: font.sans,
              fontSize: "18px",
              fontWeight: 650,
              letterSpacing: "-0.2px",
              lineHeight: "28px",
              color: color.text,
            }}
          >
            Latchkey
          </span>
        </Column>
      </Row>
    </Section>
  );
}
