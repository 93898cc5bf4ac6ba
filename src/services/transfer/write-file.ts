import { createHash, type Hash } from 'node:crypto';
import { endLine, headerLine, rowLine } from './format.js';

/** Where lines go. Waits where the reader is slower. */
export type Sink = (text: string) => Promise<void>;

const CHUNK = 128 * 1024;

/** Writes the lines of a file and counts and hashes them on the way. */
export class FileWriter {
  readonly rows: Record<string, number> = {};
  readonly #sink: Sink;
  readonly #hash: Hash = createHash('sha256');
  #waiting: string[] = [];
  #length = 0;
  total = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  async header(format: string, columns: ReadonlyMap<string, readonly string[]>): Promise<void> {
    await this.line(headerLine(format, columns));
  }

  /** Nothing to wait for, as a rule: then no promise is made. */
  row(type: string, row: string): Promise<void> | undefined {
    this.count(type);
    return this.line(rowLine(type, row));
  }

  /** A line as it is, its break included. */
  line(text: string): Promise<void> | undefined {
    this.#waiting.push(text);
    this.#length += text.length;
    return this.#length >= CHUNK ? this.#flush() : undefined;
  }

  count(type: string): void {
    this.rows[type] = (this.rows[type] ?? 0) + 1;
    this.total += 1;
  }

  /** All the rows, and the end; `progress` is told how many there were whenever the sink made it wait. */
  async rest(rows: AsyncIterable<{ type: string; row: string }>, progress?: (rows: number) => void): Promise<void> {
    for await (const { type, row } of rows) {
      const slow = this.row(type, row);
      if (!slow) continue;
      await slow;
      progress?.(this.total);
    }
    await this.end();
  }

  async end(): Promise<void> {
    await this.#flush();
    await this.#sink(endLine(this.rows, this.#hash.digest('hex')));
  }

  async #flush(): Promise<void> {
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#length = 0;
    this.#hash.update(text);
    await this.#sink(text);
  }
}
