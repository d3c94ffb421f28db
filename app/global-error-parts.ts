// What app/global-error.tsx loads when it is shown: a page whose frame could not be made has neither texts nor styles. It
// also has the build make the stylesheet, which production pages carry without importing it (docs/decisions/036).
import "./globals.css";

export { findFailureTexts } from "@/messages/failure-texts";
