import pg from 'pg';
import { bindMessage, EXECUTE, parseMessage, SYNC } from './query-messages.js';

/** The parts of pg's connection that its types leave out. */
type Connection = {
  stream: { writable: boolean; write(bytes: Buffer): boolean };
  parsedStatements: Readonly<Record<string, string | undefined>>;
  submittedNamedStatements: Record<string, string>;
};
type Field = Readonly<{ name: string; dataTypeID: number }>;
type Column = Readonly<{ name: string; parse: (text: string) => unknown }>;

const DESCRIBE = Buffer.from([0x44, 0, 0, 0, 6, 0x50, 0]);

/** What the rows of a statement look like on a connection. It lasts: PostgreSQL refuses a prepared statement whose columns have changed. */
const described = new WeakMap<pg.Client, Map<string, readonly Column[]>>();

/** A value that is sent as its own text; pg knows what to do with the others. */
export type PlainValue = string | number | boolean | null | undefined;

/** In its pipeline mode pg refuses every query that is none of its own. */
const DriverQuery = pg.Query as unknown as new (config: pg.QueryConfig) => object;

/**
 * A prepared statement as pg's own query sends it, with what is said before and after it, in one piece: one write instead of one a
 * message, and its columns described only when it is met for the first time on a connection.
 */
export class PreparedQuery<Row extends object> extends DriverQuery implements pg.Submittable {
  readonly name: string;
  readonly text: string;
  /** pg looks whether somebody waits for the answer. */
  readonly callback = true;
  readonly #client: pg.Client;
  readonly #values: readonly PlainValue[];
  readonly #before: Buffer | undefined;
  readonly #after: Buffer | undefined;
  readonly #resolve: (rows: Row[]) => void;
  readonly #reject: (error: unknown) => void;
  readonly #rows: Row[] = [];
  #answersBefore: number;
  #columns: readonly Column[] | undefined;
  #failure: unknown;

  constructor(
    client: pg.Client,
    statement: Readonly<{ name: string; text: string; values: readonly PlainValue[] }>,
    around: Readonly<{ before: Buffer | undefined; after: Buffer | undefined }>,
    settle: Readonly<{ resolve: (rows: Row[]) => void; reject: (error: unknown) => void }>,
  ) {
    super({ name: statement.name, text: statement.text });
    this.name = statement.name;
    this.text = statement.text;
    this.#client = client;
    this.#values = statement.values;
    this.#before = around.before;
    this.#after = around.after;
    this.#resolve = settle.resolve;
    this.#reject = settle.reject;
    this.#answersBefore = around.before ? 1 : 0;
  }

  submit(connection: pg.Connection): Error | null {
    const { stream, parsedStatements, submittedNamedStatements } = connection as unknown as Connection;
    const { name, text } = this;
    const known = parsedStatements[name] ?? submittedNamedStatements[name];
    if (known !== undefined && known !== text) return new Error(`${name} was used for a different statement.`);
    const parts: Buffer[] = [];
    if (this.#before) parts.push(this.#before, EXECUTE);
    if (known === undefined) {
      parts.push(parseMessage(name, text));
      submittedNamedStatements[name] = text;
    }
    parts.push(bindMessage(name, this.#values));
    this.#columns = described.get(this.#client)?.get(name);
    if (!this.#columns) parts.push(DESCRIBE);
    parts.push(EXECUTE);
    if (this.#after) parts.push(this.#after, EXECUTE);
    parts.push(SYNC);
    if (stream.writable) stream.write(Buffer.concat(parts));
    return null;
  }

  handleRowDescription({ fields }: { fields: readonly Field[] }): void {
    this.#columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: this.#client.getTypeParser(dataTypeID, 'text') as Column['parse'],
    }));
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    if (this.#answersBefore !== 0 || !this.#columns || this.#failure !== undefined) return;
    try {
      const row: Record<string, unknown> = {};
      let at = 0;
      for (const { name, parse } of this.#columns) {
        const text = fields[at++] ?? null;
        row[name] = text === null ? null : parse(text);
      }
      this.#rows.push(row as Row);
    } catch (error) {
      this.#failure = error;
    }
  }

  handleCommandComplete(): void {
    this.#answersBefore -= 1;
    // What follows is what is said after it.
    if (this.#answersBefore < 0 && !described.get(this.#client)?.has(this.name)) this.#remember();
  }

  handleError(error: unknown): void {
    this.#reject(error);
  }

  handleReadyForQuery(): void {
    if (this.#failure === undefined) this.#resolve(this.#rows);
    else this.#reject(this.#failure);
  }

  #remember(): void {
    const columns = described.get(this.#client) ?? new Map<string, readonly Column[]>();
    columns.set(this.name, this.#columns ?? []);
    described.set(this.#client, columns);
  }
}
