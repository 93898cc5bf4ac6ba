import { cutText } from '../../search/snippet.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { type EmbeddingProvider, ProviderDown, TextsRefused } from './provider.js';
import { normalized } from './read-vectors.js';

export type EmbedderOptions = Readonly<{
  batch: number;
  queryPrefix: string;
  documentPrefix: string;
  timeoutMs: number;
  /** The width its vectors must have; null until the first of them tells. */
  dimensions: number | null;
}>;

/** A vector for each text; null for one that the provider will not take although it works. */
export type Embedded = readonly (number[] | null)[];

/** Of a longer text only the beginning is embedded: models read no more than a page or so. */
const MAX_CHARACTERS = 2_000;
/** What is left of a text that was refused, for models that read very little. */
const SHORT_CHARACTERS = 500;
const CONTROL = 'hello';
const GROWS_AFTER = 8;
const CACHED_QUERIES = 500;

/** A provider with care: texts are cut, sent in batches that shrink when they are refused, answers checked, and a broken one left alone. */
export class Embedder {
  readonly provider: EmbeddingProvider;
  readonly #options: EmbedderOptions;
  readonly #breaker: CircuitBreaker;
  readonly #closing = new AbortController();
  readonly #queries = new Map<string, Promise<number[]>>();
  #width: number | null;
  #batch: number;
  #streak = 0;

  constructor(provider: EmbeddingProvider, options: EmbedderOptions, breaker = new CircuitBreaker()) {
    this.provider = provider;
    this.#options = options;
    this.#breaker = breaker;
    this.#width = options.dimensions;
    this.#batch = options.batch;
  }

  /** How many texts are sent together at the moment. */
  get batch(): number {
    return this.#batch;
  }

  get width(): number | null {
    return this.#width;
  }

  /** Why it is left alone at the moment, in words for people; null when it works as far as is known. */
  get trouble(): string | null {
    const { reason, waitMs } = this.#breaker;
    if (reason === null) return null;
    return `The embedding provider does not work: ${reason}. It is tried again ${waitMs > 0 ? `in ${Math.ceil(waitMs / 1000)} s` : 'with the next call'}.`;
  }

  get waitMs(): number {
    return this.#breaker.waitMs;
  }

  /** From now on vectors of another width are refused: they could not be compared with those that are stored. */
  expectWidth(width: number): void {
    this.#width ??= width;
  }

  /** The width of the model's vectors; asks the provider when nobody knows it yet. */
  async measure(): Promise<number> {
    return this.#width ?? (await this.#guarded(() => this.#request([CONTROL])))[0]!.length;
  }

  /** Vectors of what is stored. Throws `ProviderDown` when the provider does not work; nothing is lost then but the time. */
  async documents(texts: readonly string[]): Promise<Embedded> {
    const cut = texts.map((text) => cutText(text, MAX_CHARACTERS));
    const vectors: (number[] | null)[] = [];
    while (vectors.length < cut.length)
      vectors.push(...(await this.#guarded(() => this.#halving(cut.slice(vectors.length, vectors.length + this.#batch)))));
    return vectors;
  }

  /** The vector of a question. It is asked once, however many wait for it, and goes on when they have given up: the next one has it then. */
  query(text: string): Promise<number[]> {
    const cut = cutText(text, MAX_CHARACTERS);
    const known = this.#queries.get(cut);
    if (known) {
      this.#queries.delete(cut);
      this.#queries.set(cut, known);
      return known;
    }
    const asked = this.#guarded(async () => (await this.#request([`${this.#options.queryPrefix}${cut}`]))[0]!);
    this.#queries.set(cut, asked);
    asked.catch(() => this.#queries.delete(cut));
    for (const oldest of this.#queries.keys()) {
      if (this.#queries.size <= CACHED_QUERIES) break;
      this.#queries.delete(oldest);
    }
    return asked;
  }

  /** Gives up what is under way. */
  close(): void {
    this.#closing.abort();
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing.signal.aborted) throw new ProviderDown('the server is shutting down');
    if (!this.#breaker.enter()) throw new ProviderDown(this.#breaker.reason ?? 'it is being tried');
    try {
      const result = await work();
      this.#breaker.succeeded();
      return result;
    } catch (error) {
      if (this.#closing.signal.aborted) this.#breaker.abandoned();
      else if (error instanceof ProviderDown) this.#breaker.failed(error.message, error.retryAfterMs);
      else this.#breaker.failed(error instanceof TextsRefused ? error.message : 'it failed');
      throw error instanceof TextsRefused ? new ProviderDown(error.message, { cause: error }) : error;
    }
  }

  async #halving(texts: readonly string[]): Promise<(number[] | null)[]> {
    let largest = 0;
    let halved = false;
    let alone = false;
    const embed = async (part: readonly string[]): Promise<(number[] | null)[]> => {
      try {
        const vectors = await this.#request(part.map((text) => `${this.#options.documentPrefix}${text}`));
        largest = Math.max(largest, part.length);
        return vectors;
      } catch (error) {
        if (!(error instanceof TextsRefused)) throw error;
        // Is it the texts or the provider? A text that nobody can refuse tells, and spares a broken one the rest.
        if (largest === 0 && !halved) await this.#request([CONTROL]);
      }
      halved = true;
      if (part.length === 1) {
        alone = true;
        return [await this.#shortened(part[0]!)];
      }
      const half = Math.ceil(part.length / 2);
      return [...(await embed(part.slice(0, half))), ...(await embed(part.slice(half)))];
    };
    const vectors = await embed(texts);
    // When no single text was to blame, there were too many of them.
    if (halved && !alone) this.#resize(largest);
    else if (!halved) this.#grow(texts.length);
    return vectors;
  }

  async #shortened(text: string): Promise<number[] | null> {
    if (text.length <= SHORT_CHARACTERS) return null;
    try {
      return (await this.#request([`${this.#options.documentPrefix}${cutText(text, SHORT_CHARACTERS)}`]))[0]!;
    } catch (error) {
      if (error instanceof TextsRefused) return null;
      throw error;
    }
  }

  #grow(size: number): void {
    if (size < this.#batch) return;
    this.#streak += 1;
    if (this.#streak < GROWS_AFTER) return;
    this.#resize(Math.min(this.#batch * 2, this.#options.batch));
  }

  #resize(batch: number): void {
    this.#batch = batch;
    this.#streak = 0;
  }

  async #request(texts: readonly string[]): Promise<number[][]> {
    const timeout = AbortSignal.timeout(this.#options.timeoutMs);
    let answered: number[][];
    try {
      answered = await this.provider.embed(texts, AbortSignal.any([timeout, this.#closing.signal]));
    } catch (error) {
      if (!timeout.aborted || this.#closing.signal.aborted) throw error;
      throw new TextsRefused(`it did not answer within ${this.#options.timeoutMs / 1000} s`);
    }
    const width = this.#width ?? answered[0]!.length;
    const vectors = answered.map((vector) => normalized(vector, width));
    this.#width = width;
    return vectors;
  }
}
