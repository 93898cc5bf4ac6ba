import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';

const [IDLE, READY, TERMINATE] = ['I'.charCodeAt(0), 'Z'.charCodeAt(0), 'X'.charCodeAt(0)];

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const GREETING = Buffer.concat([
  message('R', Buffer.alloc(4)),
  message('K', Buffer.from([0x7f, 1, 2, 3, 4, 5, 6, 7])),
  message('Z', Buffer.from('I')),
]);
const REFUSAL = message('E', Buffer.from('SFATAL\0C08P01\0Munsupported startup parameter: statement_timeout\0\0'));

/** A connection of the server: one client's from the first byte until no transaction is open any more. */
class Backend {
  readonly #stream: Socket;
  #rest = Buffer.alloc(0);
  onData: (bytes: Buffer, done: boolean) => void = () => {};

  static async open(url: string): Promise<Backend> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return new Backend(client);
  }

  constructor(client: pg.Client) {
    client.on('error', () => undefined);
    this.#stream = (client as unknown as { connection: { stream: Socket } }).connection.stream;
    this.#stream.removeAllListeners('data');
    this.#stream.on('data', (bytes: Buffer) => this.#read(bytes)).on('error', () => undefined);
  }

  write(bytes: Buffer): void {
    this.#stream.write(bytes);
  }

  close(): void {
    this.#stream.destroy();
  }

  #read(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    let at = 0;
    let done = false;
    while (this.#rest.length - at >= 5 && this.#rest.length - at > this.#rest.readInt32BE(at + 1)) {
      done = this.#rest[at] === READY && this.#rest[at + 5] === IDLE;
      at += this.#rest.readInt32BE(at + 1) + 1;
    }
    const whole = this.#rest.subarray(0, at);
    this.#rest = this.#rest.subarray(at);
    if (whole.length > 0) this.onData(whole, done);
  }
}

/**
 * Stands between clients and a server as PgBouncer does in transaction mode without `max_prepared_statements`: it lends each
 * transaction the connection that was idle longest, refuses settings that come with a connection, and clears nothing up.
 */
export class TransactionPooler implements Disposable {
  readonly #idle: Backend[] = [];
  readonly #all = new Set<Backend>();
  readonly #waiting: ((backend: Backend) => void)[] = [];
  readonly #clients = new Set<Socket>();
  readonly #server: Server = createServer((client) => this.#serve(client));
  readonly #url: string;
  #closed = false;

  static async start(url: string, size: number): Promise<TransactionPooler> {
    const pooler = new TransactionPooler(url);
    for (let made = 0; made < size; made += 1) pooler.#idle.push(await Backend.open(url));
    for (const backend of pooler.#idle) pooler.#all.add(backend);
    pooler.#server.listen(0, '127.0.0.1');
    await once(pooler.#server, 'listening');
    return pooler;
  }

  private constructor(url: string) {
    this.#url = url;
  }

  get url(): string {
    return Object.assign(new URL(this.#url), { hostname: '127.0.0.1', port: String((this.#server.address() as AddressInfo).port) }).href;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const client of this.#clients) client.destroy();
    for (const backend of this.#all) backend.close();
    this.#server.close();
  }

  #serve(client: Socket): void {
    this.#clients.add(client);
    let state: 'new' | 'greeted' | 'refused' = 'new';
    let lent: Promise<Backend> | undefined;
    const take = async (): Promise<Backend> => {
      const backend = this.#idle.shift() ?? (await new Promise<Backend>((resolve) => this.#waiting.push(resolve)));
      backend.onData = (bytes, done) => {
        client.write(bytes);
        if (!done) return;
        lent = undefined;
        this.#giveBack(backend);
      };
      return backend;
    };
    client
      .on('error', () => undefined)
      .on('close', () => {
        this.#clients.delete(client);
        void lent?.then((backend) => this.#replace(backend));
      });
    client.on('data', (bytes: Buffer) => {
      if (state === 'greeted') {
        if (bytes.length === 5 && bytes[0] === TERMINATE) return void client.destroy();
        lent ??= take();
        void lent.then((backend) => backend.write(bytes));
      } else if (state === 'new') {
        state = bytes.includes('statement_timeout') ? 'refused' : 'greeted';
        if (state === 'refused') client.end(REFUSAL);
        else client.write(GREETING);
      }
    });
  }

  /** Whose client went in the middle of a transaction: nobody else may have it. */
  async #replace(backend: Backend): Promise<void> {
    backend.close();
    this.#all.delete(backend);
    if (this.#closed) return;
    const fresh = await Backend.open(this.#url);
    this.#all.add(fresh);
    this.#giveBack(fresh);
  }

  #giveBack(backend: Backend): void {
    const next = this.#waiting.shift();
    if (next) next(backend);
    else this.#idle.push(backend);
  }
}
