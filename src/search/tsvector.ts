const QUOTE = 39;
const BACKSLASH = 92;
const COLON = 58;
const COMMA = 44;
const SPACE = 32;

/** Size of a table of words by the hash of their letters, a power of two: of words nobody wants one in a few dozen is taken for one. */
const BUCKETS = 4096;

/** How many lexemes a text has, and how often each, or each of those wanted, stands in it. */
export type LexemeCounts = Readonly<{ length: number; frequencies: ReadonlyMap<string, number> }>;

/** Counts the lexemes of tsvectors in text form: 'lexeme':1,4 'other':2. */
export class LexemeCounter {
  readonly #wanted: ReadonlySet<string> | null;
  readonly #buckets = new Uint8Array(BUCKETS);

  /** Of all lexemes, if none are given. */
  constructor(wanted: Iterable<string> | null = null) {
    this.#wanted = wanted && new Set(wanted);
    for (const lexeme of this.#wanted ?? []) {
      let hash = 0;
      for (let at = 0; at < lexeme.length; at += 1) hash = hashed(hash, lexeme.charCodeAt(at));
      this.#buckets[hash % BUCKETS] = 1;
    }
  }

  readonly count = (tsvector: string): LexemeCounts => {
    const [wanted, buckets] = [this.#wanted, this.#buckets];
    const frequencies = new Map<string, number>();
    let length = 0;
    // Letter by letter: a search reads some thousand of these, and a pattern takes three times as long.
    let at = 0;
    while (at < tsvector.length) {
      const start = at + 1;
      let escaped = false;
      let hash = 0;
      for (at = start; at < tsvector.length; at += 1) {
        const code = tsvector.charCodeAt(at);
        if (code !== BACKSLASH && (code !== QUOTE || tsvector.charCodeAt(at + 1) !== QUOTE)) {
          if (code === QUOTE) break;
          hash = hashed(hash, code);
        } else {
          escaped = true;
          at += 1;
        }
      }
      const end = at;
      let positions = 1;
      at += 1;
      if (tsvector.charCodeAt(at) === COLON) {
        for (; at < tsvector.length && tsvector.charCodeAt(at) !== SPACE; at += 1) if (tsvector.charCodeAt(at) === COMMA) positions += 1;
      }
      at += 1;
      length += 1;
      // Most words are nobody's: no text is made of them.
      if (wanted && !escaped && buckets[hash % BUCKETS] === 0) continue;
      const written = tsvector.slice(start, end);
      const lexeme = escaped ? written.replaceAll("''", "'").replaceAll('\\\\', '\\') : written;
      if (!wanted || wanted.has(lexeme)) frequencies.set(lexeme, positions);
    }
    return { length, frequencies };
  };
}

const hashed = (hash: number, code: number): number => (Math.imul(hash, 31) + code) & 0x3fffffff;
