// The sheet every mail is written on: wordmark, card, footer. One column of 600 px, tables, no images.
import type { ReactNode } from "react";
import { Column, Container, Head, Html, Link, Preview, Row, Section, Text } from "react-email";
import { directionOf, tagOf } from "@/messages/languages";
import type { Texts } from "@/messages/texts";
import { HeadingText } from "./heading-text";
import { KeyMark } from "./key-mark";
import { color, type Direction, font, smallText, styleSheet } from "./theme";

export function EmailLayout(props: {
  texts: Texts;
  /** Other than the language's own, to look at a mail from the other side; null: the language's. */
  dir: Direction | null;
  preview: string;
  heading: string;
  /** Why this mail came and what to do if it was not asked for; one paragraph each. */
  footer: readonly string[];
  /** The link of the footer's last line, "This wasn't me", and what it is good for; null: there is none. */
  notMe: { url: string; consequence: string } | null;
  children: ReactNode;
}) {
  const { texts, preview, heading, footer, notMe, children } = props;
  const lang = tagOf(texts.language);
  const dir = props.dir ?? directionOf(texts.language);
  // By name: few mail clients know "start". In the attribute too, which is what Outlook reads.
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
      {/* Not React Email's Body: it paints a cell of its own without a class, which stays light in dark mode. */}
      <body
        lang={lang}
        dir={dir}
        className="lk-page"
        style={{ margin: "0", padding: "0", backgroundColor: color.page }}
      >
        <Preview>{preview}</Preview>
        {/* Again, because webmail shows a mail without its <html> and <body>. */}
        <Section
          lang={lang}
          dir={dir}
          className="lk-page"
          style={{ padding: "32px 12px 40px", backgroundColor: color.page }}
        >
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
                <Column
                  align={side}
                  className="lk-gutter"
                  style={{ padding: "40px 44px 32px", textAlign: side }}
                >
                  <HeadingText dir={dir}>{heading}</HeadingText>
                  {children}
                </Column>
              </Row>
            </Section>
            <Section>
              <Row>
                <Column
                  align={side}
                  className="lk-gutter"
                  style={{ padding: "24px 45px 0", textAlign: side }}
                >
                  {footer.map((paragraph) => (
                    <Text key={paragraph} className="lk-muted" style={smallText}>
                      {paragraph}
                    </Text>
                  ))}
                  {notMe === null ? null : (
                    <Text className="lk-muted" style={smallText}>
                      {notMe.consequence}
                      <br />
                      <Link
                        href={notMe.url}
                        className="lk-link"
                        // A thumb high.
                        style={{
                          display: "inline-block",
                          padding: "12px 0",
                          color: color.link,
                          textDecoration: "underline",
                        }}
                      >
                        {texts.t("mails.notMe.label")}
                      </Link>
                    </Text>
                  )}
                </Column>
              </Row>
            </Section>
          </Container>
        </Section>
      </body>
    </Html>
  );
}

/** The app's mark and name without a picture, so that both are there with images off. */
function Wordmark({ side }: { side: "left" | "right" }) {
  const gap = side === "left" ? { paddingLeft: "10px" } : { paddingRight: "10px" };
  return (
    <Section>
      <Row>
        <Column align={side} className="lk-gutter" style={{ padding: "0 45px 20px", textAlign: side }}>
          <table border={0} cellPadding="0" cellSpacing="0" role="presentation" align={side}>
            <tbody>
              <tr>
                <td
                  aria-hidden="true"
                  dir="ltr"
                  className="lk-mark"
                  width="28"
                  height="28"
                  style={{
                    width: "28px",
                    height: "28px",
                    borderRadius: "7px",
                    backgroundColor: color.accent,
                  }}
                >
                  <KeyMark />
                </td>
                <td
                  className="lk-text"
                  style={{
                    ...gap,
                    fontFamily: font.sans,
                    fontSize: "17px",
                    fontWeight: 600,
                    letterSpacing: "-0.2px",
                    lineHeight: "28px",
                    color: color.text,
                  }}
                >
                  Latchkey
                </td>
              </tr>
            </tbody>
          </table>
        </Column>
      </Row>
    </Section>
  );
}
