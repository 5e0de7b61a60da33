// From text to search terms: words, without the most frequent English ones, cut to their stems.

/** Words too frequent to tell one passage from another. */
const STOP_WORDS = new Set(
  (
    "a about after all also am an and any are as at be because been but by can could did do does doing done " +
    "for from had has have he her here him his how i if in into is it its itself just may me might more most " +
    "must my no nor not of on or our out over own shall she should so some such than that the their them then " +
    "there these they this those to too under up upon us very was we were what when where which while who " +
    "whom whose why will with would you your"
  ).split(" "),
);

/** Scripts that are written without spaces: here every pair of neighbours is a term. */
const UNSPACED = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}";
const WORD = new RegExp(`[${UNSPACED}]+|(?:(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}])+`, "gu");
const UNSPACED_WORD = new RegExp(`^[${UNSPACED}]`, "u");
const ASCII_WORD = /[A-Za-z0-9]+/g;
const NOT_ASCII = /[^\x00-\x7f]/;
const MARKS = /\p{M}+/gu;

/** The words of a text, as they are written. */
export function wordsOf(text: string): string[] {
  return text.match(NOT_ASCII.test(text) ? WORD : ASCII_WORD) ?? [];
}

/** Stems are asked for again and again; words come from a small vocabulary. */
const known = new Map<string, readonly string[]>();
const MOST_KNOWN = 20_000;

/** The terms of one word: none for a stop word, several for a script without spaces. */
export function termsOfWord(word: string): readonly string[] {
  let terms = known.get(word);
  if (terms === undefined) {
    terms = analyse(word);
    if (known.size >= MOST_KNOWN) {
      known.clear();
    }
    known.set(word, terms);
  }
  return terms;
}

/** All terms of a text, in order, with repetitions. */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  for (const word of wordsOf(text)) {
    for (const term of termsOfWord(word)) {
      terms.push(term);
    }
  }
  return terms;
}

function analyse(word: string): readonly string[] {
  let w = word.toLowerCase();
  if (NOT_ASCII.test(w)) {
    w = w.normalize("NFKD").replace(MARKS, "");
    if (UNSPACED_WORD.test(w)) {
      const signs = [...w];
      return signs.length === 1 ? signs : signs.slice(1).map((sign, i) => signs[i] + sign);
    }
  }
  if (STOP_WORDS.has(w) || (w.length === 1 && w >= "a" && w <= "z")) {
    return [];
  }
  return w === "" ? [] : [stem(w)];
}

const VOWEL = /[aeiouy]/;

/**
 * Cuts the endings of English that change a word's form but hardly its sense: "retries", "retried"
 * and "retrying" become one term. It is much simpler than Porter's algorithm and knows no
 * exceptions: what counts is that question and text are treated alike.
 */
export function stem(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) {
    return word;
  }
  let w = word;
  if (w.endsWith("s")) {
    if (w.endsWith("ies") && w.length > 4) {
      w = w.slice(0, -3) + "y";
    } else if (w.endsWith("es") && /(?:ss|sh|ch|x|z)es$/.test(w)) {
      w = w.slice(0, -2);
    } else if (!/(?:ss|us|is)$/.test(w)) {
      w = w.slice(0, -1);
    }
  }
  if (w.endsWith("ied") && w.length > 4) {
    w = w.slice(0, -3) + "y";
  } else {
    w = cut(w, "ed", 3) ?? cut(w, "ing", 3) ?? w;
  }
  if (w.length > 6 && (w.endsWith("ion") || w.endsWith("or"))) {
    w = w.replace(/(at|ct|it|ut|pt|s)(?:ion|or)$/, "$1");
  }
  if (w.endsWith("ly") && w.length > 5) {
    w = w.slice(0, -2);
  }
  if (w.endsWith("e") && w.length > 3) {
    w = w.slice(0, -1);
  }
  return w.endsWith("y") && w.length > 3 ? w.slice(0, -1) + "i" : w;
}

/** The word without an ending, if what is left is a word; a doubled consonant becomes single. */
function cut(w: string, ending: string, least: number): string | null {
  if (!w.endsWith(ending) || w.length < ending.length + least) {
    return null;
  }
  const rest = w.slice(0, -ending.length);
  if (!VOWEL.test(rest)) {
    return null;
  }
  return /([bdfgmnprt])\1$/.test(rest) ? rest.slice(0, -1) : rest;
}
