// Properties are tried with the same inputs in every run, so that a change is judged by what it changed.
// PROPERTY_SEED=random looks for new ones (`npm run fuzz` does); PROPERTY_SEED=<integer> repeats a run that failed.
import fc from "fast-check";

const DEFAULT_SEED = 1;
const asked = process.env.PROPERTY_SEED ?? String(DEFAULT_SEED);
if (asked !== "random") {
  const seed = Number(asked);
  if (!Number.isSafeInteger(seed))
    throw new Error(`PROPERTY_SEED is an integer or "random", not "${asked}".`);
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
}
