// Whether a secret could be guessed by what it is made of. The lists are large: they are loaded only where a server starts
// that people reach, and a bundle (local/bundle.mjs) leaves them where they are.

/** What people put into a secret that they write themselves, and the lists of passwords and dice words leave out. */
const EVERYDAY_WORDS =
  "the and for this that with you your our are not but can all any one two who how its app key keys token secret signing sign private public server production prod staging session auth user admin operator metrics event webhook service website company super very really long strong random secure safe only never ever here there from what when where make made have has will must should please thing things word words name names number please product system";

const WEB_WORDS = ["http", "https", "www", "com", "org", "net"];

/** What the engine and the provider put before their keys. */
const KNOWN_BEGINNING = /^(?:signkey-[a-z]+-|whsec_)/;
/** The work grows faster than the length, and so many good characters (10^23 guesses) are enough. */
const JUDGED_MAX = 32;
/** Guesses for a character, as powers of ten. Random ones of base64 have 0.9 and more. */
const PER_CHARACTER = 0.72;
/** Random hexadecimal digits hold what looks like dates and common numbers; 0.84 is the least in thousands. */
const PER_HEX_DIGIT = 0.5;

/** A judge of secrets: true for what has fewer guesses than any random text of its length. `ownWords`: the site's. */
export async function loadGuesser(ownWords: readonly string[] = []): Promise<(secret: string) => boolean> {
  const [{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }] = await Promise.all([
    import("@zxcvbn-ts/core"),
    import("@zxcvbn-ts/language-common"),
  ]);
  const estimate = new ZxcvbnFactory({
    dictionary: { ...dictionary, everyday: ["my", ...EVERYDAY_WORDS.split(" "), ...WEB_WORDS, ...ownWords] },
    graphs: adjacencyGraphs,
    // Digits for letters: as many ways as people use. The default is a hundred, most of the work on a random secret.
    l33tMaxSubstitutions: 5,
  });
  return (secret) => {
    const judged = secret.replace(KNOWN_BEGINNING, "").slice(0, JUDGED_MAX);
    const perCharacter = /^[\da-f]+$/i.test(judged) ? PER_HEX_DIGIT : PER_CHARACTER;
    return estimate.check(judged).guessesLog10 < perCharacter * judged.length;
  };
}
