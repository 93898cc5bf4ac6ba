import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_FOLDER } from '../../src/version.js';

export const TENANT = 'scale';
export const USERS = 200;
export const PER_CONVERSATION = 100;
const PER_STRETCH = 20;
const AUTHORS = 'Ada Bruno Chiara David Elena Farid Greta Hiro Ines Jonas Kira Luca Mira Noah Olga Pavel Quinn Rosa Sven Tara'.split(' ');

export type Said = Readonly<{
  at: number;
  conversation: number;
  seq: number;
  stretch: number;
  author: string | null;
  text: string;
  time: Date;
}>;

/** Messages whose words are as common as they are in English: the frequency of a word falls with its rank. */
export class Corpus {
  readonly #words: readonly string[];
  readonly #random: () => number;

  private constructor(words: readonly string[], seed: number) {
    this.#words = words;
    this.#random = randomFrom(seed);
  }

  static async open(seed: number): Promise<Corpus> {
    const text = await readFile(join(PACKAGE_FOLDER, 'assets', 'thesaurus', 'words.txt'), 'utf8');
    return new Corpus(
      text.split('\n').flatMap((line) => line.split('\t')[0] || []),
      seed,
    );
  }

  message(at: number): Said {
    const conversation = Math.floor(at / PER_CONVERSATION);
    const seq = (at % PER_CONVERSATION) + 1;
    const stretch = Math.ceil(seq / PER_STRETCH);
    const length = 6 + Math.floor(this.#random() * 24);
    const text = Array.from({ length }, () => this.#word()).join(' ');
    return {
      at,
      conversation,
      seq,
      stretch,
      author: seq % 2 === 1 ? authorOf(conversation) : null,
      text: seq % 5 === 0 ? `${text}?` : `${text}.`,
      time: new Date(Date.UTC(2023, 0, 1) + conversation * 3_600_000 + stretch * 86_400_000 + seq * 60_000),
    };
  }

  /** What somebody might ask who remembers a few words of a message. */
  question({ text, conversation }: Said): string {
    const words = text.split(/\W+/).filter((word) => word.length > 3);
    const [a = 'house', b = 'garden', c = 'music'] = Array.from(
      { length: 3 },
      () => words[Math.floor(this.#random() * words.length)] ?? 'river',
    );
    const form = Math.floor(this.#random() * 3);
    if (form === 0) return `When did ${authorOf(conversation)} talk about ${a} and ${b}?`;
    return form === 1 ? `What did we say about ${a}, ${b} and the ${c}?` : `${a} ${b}`;
  }

  /** Zipf: rank r with a probability of 1/r. */
  #word(): string {
    return this.#words[Math.floor(this.#words.length ** this.#random()) - 1] ?? 'the';
  }
}

const authorOf = (conversation: number): string => AUTHORS[conversation % AUTHORS.length]!;
export const userOf = (conversation: number): string => `user-${conversation % USERS}`;

const hex = (kind: number, at: number): string => `0190000${kind}-0000-7000-8000-${at.toString(16).padStart(12, '0')}`;
export const messageId = (at: number): string => hex(1, at);
export const conversationId = (at: number): string => hex(2, at);
export const userId = (at: number): string => hex(3, at);

/** mulberry32: the same corpus in every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
