// Where a server formats: in a zone that is named, and with formatters that are kept. Making one takes longer than all
// else that a message needs, and the same few are needed again and again; a browser makes a handful.
import type { Formatters } from "./texts";

function keep<Given extends unknown[], Made>(Kind: new (...given: Given) => Made) {
  const kept = new Map<string, Made>();
  return (...given: Given): Made => {
    const key = JSON.stringify(given);
    const made = kept.get(key) ?? new Kind(...given);
    kept.set(key, made);
    return made;
  };
}

const formatters: Formatters = {
  getDateTimeFormat: keep(Intl.DateTimeFormat),
  getNumberFormat: keep(Intl.NumberFormat),
  getPluralRules: keep(Intl.PluralRules),
};

/** For createTexts. */
export const onServer = (timeZone: string) => ({ timeZone, formatters });
