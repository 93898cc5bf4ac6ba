import { readFile } from 'node:fs/promises';
import { SOFT_THRESHOLD } from './constants.js';
import type { SoftWord } from './soft-terms.js';

const FOLDER = new URL('../../assets/thesaurus/', import.meta.url);
/** Two dimensions a byte, the low half first, each a number from -8 to 7. */
const BYTES = 50;
const KEPT = 512;

const low = (byte: number): number => (byte & 15) - 8;
const high = (byte: number): number => (byte >> 4) - 8;

/** Which English words are near in meaning, from word vectors; as lexemes of PostgreSQL's `english` configuration. */
export class Thesaurus {
  readonly #rows = new Map<string, number>();
  readonly #lexemes: readonly string[];
  readonly #vectors: Uint8Array;
  readonly #lengths: Float32Array;
  readonly #kept = new Map<string, readonly SoftWord[]>();

  /** One line a word, in the order of the vectors: the word and, after a tab, its lexeme where that differs. */
  constructor(words: string, vectors: Uint8Array) {
    const entries = words
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => line.split('\t'));
    this.#lexemes = entries.map(([word = '', lexeme = word]) => lexeme);
    entries.forEach(([word = ''], row) => {
      this.#rows.set(word, row);
    });
    this.#vectors = vectors;
    const squares = Float32Array.from({ length: 256 }, (_, byte) => low(byte) ** 2 + high(byte) ** 2);
    this.#lengths = new Float32Array(entries.length);
    for (let row = 0; row < entries.length; row += 1) {
      let sum = 0;
      for (let at = row * BYTES; at < (row + 1) * BYTES; at += 1) sum += squares[vectors[at]!]!;
      this.#lengths[row] = Math.sqrt(sum);
    }
  }

  static async load(folder: URL = FOLDER): Promise<Thesaurus> {
    const [words, vectors] = await Promise.all([readFile(new URL('words.txt', folder), 'utf8'), readFile(new URL('vectors.bin', folder))]);
    return new Thesaurus(words, vectors);
  }

  /** The lexemes near a word in lower case, best first; what was asked lately is kept. */
  readonly neighbours = (word: string): readonly SoftWord[] => {
    const kept = this.#kept.get(word) ?? this.#search(word);
    this.#kept.delete(word);
    this.#kept.set(word, kept);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return kept;
  };

  #search(word: string): readonly SoftWord[] {
    const own = this.#rows.get(word);
    if (own === undefined || this.#lexemes[own] === '') return [];
    const cosines = this.#cosines(own);
    const best = new Map<string, number>();
    cosines.forEach((cosine, row) => {
      if (cosine <= SOFT_THRESHOLD) return;
      const lexeme = this.#lexemes[row]!;
      if (lexeme !== '' && lexeme !== this.#lexemes[own]) best.set(lexeme, Math.max(cosine, best.get(lexeme) ?? 0));
    });
    return [...best]
      .map(([lexeme, cosine]) => ({ lexeme, weight: (cosine - SOFT_THRESHOLD) / (1 - SOFT_THRESHOLD) }))
      .sort((a, b) => b.weight - a.weight);
  }

  #cosines(own: number): Float32Array {
    const products = this.#products(own);
    // A private field is looked up at every use, and this loop runs two million times.
    const [vectors, lengths] = [this.#vectors, this.#lengths];
    const cosines = new Float32Array(lengths.length);
    const length = lengths[own]!;
    for (let row = 0, at = 0; row < cosines.length; row += 1) {
      let dot = 0;
      for (let table = 0; table < BYTES * 256; table += 5 * 256, at += 5) {
        // Five bytes a step and whole numbers throughout: twice as fast as one by one.
        dot =
          (dot +
            products[table + vectors[at]!]! +
            products[table + 256 + vectors[at + 1]!]! +
            products[table + 512 + vectors[at + 2]!]! +
            products[table + 768 + vectors[at + 3]!]! +
            products[table + 1024 + vectors[at + 4]!]!) |
          0;
      }
      cosines[row] = dot / (length * lengths[row]!);
    }
    return cosines;
  }

  /** What each byte at each place adds to the product with a word: half the work of unpacking, and nothing to keep unpacked. */
  #products(row: number): Int16Array {
    const products = new Int16Array(BYTES * 256);
    for (let at = 0; at < BYTES; at += 1) {
      const mine = this.#vectors[row * BYTES + at]!;
      for (let byte = 0; byte < 256; byte += 1) products[at * 256 + byte] = low(mine) * low(byte) + high(mine) * high(byte);
    }
    return products;
  }
}
