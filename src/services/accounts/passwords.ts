import { createHmac } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { SlowWork } from './slow-work.js';

/** What does the slow part. */
export type Bcrypt = Readonly<{
  hash(data: string, cost: number): Promise<string>;
  compare(data: string, hash: string): Promise<boolean>;
  getRounds(hash: string): number;
}>;

const loadBcrypt = async (): Promise<Bcrypt> => (await import('bcrypt')).default;

/** Half of the processors, and of the four threads that files and name lookups of the process need as well. */
const AT_ONCE = Math.max(1, Math.min(2, Math.floor(availableParallelism() / 2)));
const MAY_WAIT = 32;

/**
 * What is given to bcrypt, which reads 72 bytes and stops at a NUL: 44 characters that depend on the whole password. The key
 * keeps hashes of the same password that leaked elsewhere from being of use here.
 */
export const prehash = (password: string): string =>
  createHmac('sha256', 'recollect password').update(password.normalize('NFKC')).digest('base64');

/** Hashes and compares passwords with bcrypt, a few at a time: many wrong passwords make each other wait, and nobody else. */
export class Passwords {
  readonly #cost: number;
  readonly #load: () => Promise<Bcrypt>;
  readonly #work = new SlowWork(AT_ONCE, MAY_WAIT);

  constructor(cost: number, load: () => Promise<Bcrypt> = loadBcrypt) {
    this.#cost = cost;
    this.#load = load;
  }

  /** Lets somebody in who has a password to compare. Throws `unavailable` when too many are in. */
  admit<T>(errand: () => Promise<T>): Promise<T> {
    return this.#work.admit(errand);
  }

  hash(password: string): Promise<string> {
    return this.admit(() => this.#work.run(async () => (await this.#load()).hash(prehash(password), this.#cost)));
  }

  /** For somebody who was let in. Null is the hash of nobody: the answer is no, and takes as long as any other. */
  async matches(password: string, hash: string | null): Promise<boolean> {
    const same = await this.#work.run(async () => (await this.#load()).compare(prehash(password), hash ?? nobodys(this.#cost)));
    return same && hash !== null;
  }

  /** The hash was made with another cost than the one now in force. */
  async isOutdated(hash: string): Promise<boolean> {
    return (await this.#load()).getRounds(hash) !== this.#cost;
  }
}

/** Reads like the hash of a password, and is none. */
const nobodys = (cost: number): string => `$2b$${String(cost).padStart(2, '0')}$${'NobodyHasThisPasswordRecollectNobodyHasThisPassword00'}`;
