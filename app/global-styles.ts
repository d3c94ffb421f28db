// The stylesheet as a module, which can be left out: see development-styles.ts.
import "./globals.css";
