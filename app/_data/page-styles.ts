import "server-only";
import { readStylesheets } from "@/app/_http/stylesheets";
import { sharePageStyles } from "@/components/page-style-texts";
import { env } from "@/env";
import { services } from "@/services";

let names: readonly string[] | undefined;

/**
 * The names of the stylesheets that a page carries, for <PageStyle>, which finds its text. None while one develops
 * (app/development-styles.ts). A build whose note is lost serves pages without their look, which work, and says so.
 */
export function namePageStyles(): readonly string[] {
  names ??= env().NODE_ENV === "development" ? [] : share();
  return names;
}

function share(): readonly string[] {
  const stylesheets = readStylesheets(process.cwd());
  if (stylesheets === null)
    services().log.error(
      {},
      "Pages have no styles: .next/stylesheets.json, which the build has written, is not there",
    );
  sharePageStyles(Object.fromEntries(stylesheets?.map(({ path, text }) => [path, text]) ?? []));
  return stylesheets?.map(({ path }) => path) ?? [];
}
