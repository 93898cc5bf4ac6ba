import pg from 'pg';
import { PreparedQuery } from './prepared-query.js';
import { bindMessage } from './query-messages.js';
import { textsOf } from './text-values.js';

/** Whose rows a connection sees from here to the end of the transaction, and as which role. */
export type Binding = readonly [tenantId: string, role: string];

/** What is sent around a statement, before one Sync: all of it is one round trip and, outside of a transaction, one transaction. */
export type Around = Readonly<{ before?: Binding; after?: Binding }>;

const BIND_TENANT = { name: 'bind_tenant', text: `select set_config('app.tenant', $1, true), set_config('role', $2, true)` };

/** The parts of pg's connection and query that its types leave out. */
type Wire = {
  parse(message: { name: string; text: string; types: readonly number[] }): void;
  bind(message: { portal: string; statement: string; values: readonly string[] }): void;
  execute(message: { portal: string; rows: number }): void;
  sync(): void;
};
type DriverQuery = pg.Submittable & {
  name: string | undefined;
  callback: (error: Error | null, result: pg.QueryResult) => void;
  prepare(wire: Wire): void;
  handleDataRow(message: object): void;
  handleCommandComplete(message: object, wire: Wire): void;
};
const DriverQuery = pg.Query as unknown as new (config: pg.QueryConfig) => DriverQuery;

/** A statement of pg with bindings around it. Of the three answers only its own is looked at. */
class SurroundedQuery extends DriverQuery {
  readonly #around: Around;
  #answersBefore: number;

  constructor(config: pg.QueryConfig, around: Around) {
    super(config);
    this.#around = around;
    this.#answersBefore = around.before ? 1 : 0;
  }

  override prepare(wire: Wire): void {
    const { before, after } = this.#around;
    if (before) this.#bind(wire, before);
    const sync = (): void => {
      if (after) this.#bind(wire, after);
      wire.sync();
    };
    super.prepare(Object.create(wire, { sync: { value: sync } }) as Wire);
  }

  #bind(wire: Wire, values: Binding): void {
    const statement = this.name === undefined ? '' : BIND_TENANT.name;
    if (statement === '') wire.parse({ name: statement, text: BIND_TENANT.text, types: [] });
    wire.bind({ portal: '', statement, values });
    wire.execute({ portal: '', rows: 0 });
  }

  override handleDataRow(message: object): void {
    if (this.#answersBefore === 0) super.handleDataRow(message);
  }

  override handleCommandComplete(message: object, wire: Wire): void {
    if (this.#answersBefore === 0) super.handleCommandComplete(message, wire);
    this.#answersBefore -= 1;
  }
}

const prepared = new WeakSet<pg.Client>();

/**
 * Sends a statement with its bindings in one round trip; the first named one on a connection prepares the binding before it. It is
 * sent when this returns, so what is sent next comes after it.
 */
export function sendAround<Row extends pg.QueryResultRow>(
  client: pg.Client,
  statement: Readonly<{ name: string | undefined; text: string; values: readonly unknown[] }>,
  around: Around = {},
): Promise<Row[]> {
  const { name, text, values } = statement;
  const binding = around.before ?? around.after;
  if (name !== undefined && binding) prepareBinding(client, binding);
  const texts = name === undefined ? null : textsOf(values);
  if (name !== undefined && texts) {
    const [before, after] = [around.before, around.after].map((to) => to && bindMessage(BIND_TENANT.name, to));
    return new Promise((resolve, reject) => {
      client.query(new PreparedQuery<Row>(client, { name, text, values: texts }, { before, after }, { resolve, reject }));
    });
  }
  const config: pg.QueryConfig = { ...(name === undefined ? { queryMode: 'extended' } : { name }), text, values: [...values] };
  if (!binding) return client.query<Row>(config).then(({ rows }) => rows);
  const query = new SurroundedQuery(config, around);
  return new Promise<Row[]>((resolve, reject) => {
    query.callback = (error, result) => (error ? reject(error) : resolve(result.rows as Row[]));
    client.query(query);
  });
}

function prepareBinding(client: pg.Client, binding: Binding): void {
  if (prepared.has(client)) return;
  prepared.add(client);
  // Outside of a transaction it is without effect, and inside it is what follows anyway. Whoever needs it fails with it.
  client.query({ ...BIND_TENANT, values: [...binding] }).catch(() => prepared.delete(client));
}
