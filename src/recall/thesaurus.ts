import { readFile } from 'node:fs/promises';
import { SOFT_THRESHOLD } from './constants.js';
import type { SoftWord } from './soft-terms.js';

const FOLDER = new URL('../../assets/thesaurus/', import.meta.url);
/** In the file: two dimensions a byte, the low half first, each a number from -8 to 7, stored 8 higher. */
const BYTES = 50;
const DIMENSIONS = 2 * BYTES;
const OFFSET = 8;
/** In memory: eight dimensions in 32 bits, one after the other for all words; the last half empty. */
const EIGHTS = 13;
/** Of eight dimensions the first and the fifth; shifted, the second and the sixth, and so on. */
const PAIR = 0x000f000f;
const KEPT = 512;
/** Place of the lexeme of a stop word. */
const NONE = -1;

/** Which English words are near in meaning, from word vectors; as lexemes of PostgreSQL's `english` configuration. */
export class Thesaurus {
  readonly #rows = new Map<string, number>();
  /** The different lexemes, and for each word the place of its own; none for a stop word. */
  readonly #lexemes: readonly string[];
  readonly #lexemeOf: Int32Array;
  readonly #eights: readonly Int32Array[];
  readonly #sums: Int32Array;
  readonly #lengths: Float32Array;
  readonly #kept = new Map<string, readonly SoftWord[]>();

  /** One line a word, in the order of the vectors: the word and, after a tab, its lexeme where that differs. */
  constructor(words: string, vectors: Uint8Array) {
    const entries = words
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => line.split('\t'));
    const places = new Map([['', NONE]]);
    const lexemes: string[] = [];
    this.#lexemeOf = new Int32Array(entries.length);
    entries.forEach(([word = '', lexeme = word], row) => {
      this.#rows.set(word, row);
      let place = places.get(lexeme);
      if (place === undefined) {
        place = lexemes.push(lexeme) - 1;
        places.set(lexeme, place);
      }
      this.#lexemeOf[row] = place;
    });
    this.#lexemes = lexemes;
    this.#eights = Array.from({ length: EIGHTS }, () => new Int32Array(entries.length));
    this.#sums = new Int32Array(entries.length);
    this.#lengths = new Float32Array(entries.length);
    for (let row = 0; row < entries.length; row += 1) {
      let sum = 0;
      let squares = 0;
      for (let at = 0; at < BYTES; at += 1) {
        const byte = vectors[row * BYTES + at]!;
        const [low, high] = [byte & 15, byte >> 4];
        this.#eights[at >> 2]![row]! |= byte << (8 * (at & 3));
        sum += low + high;
        squares += (low - OFFSET) ** 2 + (high - OFFSET) ** 2;
      }
      this.#sums[row] = sum;
      this.#lengths[row] = Math.sqrt(squares);
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
    const ownLexeme = own === undefined ? NONE : this.#lexemeOf[own]!;
    if (own === undefined || ownLexeme === NONE) return [];
    const products = this.#products(own);
    // A private field is looked up at every use, and this loop runs forty thousand times.
    const [lexemeOf, sums, lengths] = [this.#lexemeOf, this.#sums, this.#lengths];
    const [sum, length] = [sums[own]!, lengths[own]!];
    const best = new Map<number, number>();
    for (let row = 0; row < products.length; row += 1) {
      const product = products[row]! - OFFSET * (sum + sums[row]!) + OFFSET * OFFSET * DIMENSIONS;
      const cosine = Math.fround(product / (length * lengths[row]!));
      if (cosine <= SOFT_THRESHOLD) continue;
      const lexeme = lexemeOf[row]!;
      if (lexeme !== NONE && lexeme !== ownLexeme && cosine > (best.get(lexeme) ?? 0)) best.set(lexeme, cosine);
    }
    return [...best]
      .sort(([, a], [, b]) => b - a)
      .map(([lexeme, cosine]) => ({ lexeme: this.#lexemes[lexeme]!, weight: (cosine - SOFT_THRESHOLD) / (1 - SOFT_THRESHOLD) }));
  }

  /**
   * The product of a word with every other, of the numbers as they are stored. One multiplication does two dimensions: of
   * (a + 2^16 c)(d + 2^16 b) the upper half is ab + cd, and what all the lower halves add up to never reaches it.
   */
  #products(own: number): Int32Array {
    const products = new Int32Array(this.#sums.length);
    for (const eights of this.#eights) addProducts(products, eights, eights[own]!);
    for (let row = 0; row < products.length; row += 1) products[row] = products[row]! >>> 16;
    return products;
  }
}

function addProducts(products: Int32Array, eights: Int32Array, own: number): void {
  const [a, b, c, d] = [crossed(own), crossed(own >>> 4), crossed(own >>> 8), crossed(own >>> 12)];
  for (let row = 0; row < products.length; row += 1) {
    const eight = eights[row]!;
    // Whole numbers throughout, or it takes three times as long.
    products[row] =
      (products[row]! +
        Math.imul(eight & PAIR, a) +
        Math.imul((eight >>> 4) & PAIR, b) +
        Math.imul((eight >>> 8) & PAIR, c) +
        Math.imul((eight >>> 12) & PAIR, d)) |
      0;
  }
}

const crossed = (eight: number): number => ((eight & PAIR) << 16) | ((eight & PAIR) >>> 16);
