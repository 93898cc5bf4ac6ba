export type SearchText = Readonly<{
  /** Every word that is looked for, those of the phrases too. */
  words: string;
  /** Must occur word for word. */
  phrases: readonly string[];
  /** Must not occur. */
  excluded: readonly string[];
}>;

// A minus counts at the beginning of a word only, and only before a letter or a phrase: "state-of-the-art" and "-5 °C" are words.
const PIECE = /(?<=^|\s)(-?)["“”]([^"“”]+)["“”]|(?<=^|\s)-(?=\p{L})(\S+)|\S+/gu;

/** Reads what a person types into a search box: words, "exact phrases" and -exclusions. */
export function parseSearchText(text: string): SearchText {
  const words: string[] = [];
  const phrases: string[] = [];
  const excluded: string[] = [];
  for (const [piece, minus, phrase, word] of text.matchAll(PIECE)) {
    if (word !== undefined) excluded.push(word);
    else if (phrase === undefined) words.push(piece);
    else if (minus === '-') excluded.push(phrase);
    else {
      phrases.push(phrase);
      words.push(phrase);
    }
  }
  return { words: words.join(' '), phrases, excluded };
}
