import { createServer, type Server, type Socket } from 'node:net';
import { ClientSession } from './client-session.js';
import { type Engine, runSql } from './engine.js';
import { closeStatement, messagesOf, SYNC, simpleQuery, typeOf } from './wire.js';

const IDLE_IN_TRANSACTION_MS = 10_000;
/** The sockets and timers of this thread get a turn at least this often. */
const BREATHE_AFTER_MS = 10;
const READY_TO_READ = [
  'server_version',
  'server_encoding',
  'client_encoding',
  'DateStyle',
  'IntervalStyle',
  'TimeZone',
  'integer_datetimes',
];
const IDLE = 0x49;

/**
 * Gives one engine session to many clients. A client's messages are collected up to a Sync or a simple query and run as one
 * group, so no other client's message comes between a Parse and its Execute. When a group leaves a transaction open, its client
 * owns the engine and everybody else waits until ReadyForQuery says idle, the client disconnects (its transaction is rolled
 * back) or it lets the transaction idle too long (it is disconnected). Between two owners the session settings are swapped.
 * What cannot be told apart underneath one session is shared: advisory session locks and temporary tables.
 */
export class Multiplexer {
  readonly #sessions = new Set<ClientSession>();
  readonly #waiting: ClientSession[] = [];
  readonly #chores: Buffer[] = [];
  #whenOpen: ((settings: Record<string, string>) => void)[] | null = [];
  #greetingSettings: Record<string, string> = {};
  #engine: Engine | undefined;
  #owner: ClientSession | null = null;
  #settingsKey = '';
  #pumping = false;
  #nextId = 1;
  #server: Server | undefined;
  #lastRunAt = performance.now();
  /** Called after statements of a client. */
  whenRun: () => void = () => {};

  /** Accepts clients at once; they are greeted when the engine is open. */
  async listen(path: string): Promise<void> {
    const server = createServer((socket) => this.accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path, backlog: 256 }, () => resolve());
    });
    this.#server = server;
  }

  open(engine: Engine): void {
    this.#engine = engine;
    const names = [...READY_TO_READ, 'standard_conforming_strings', 'is_superuser'];
    const rows = runSql(engine, `select name, setting from pg_settings where name in (${names.map((name) => `'${name}'`).join(', ')})`);
    this.#greetingSettings = Object.fromEntries(rows.map(([name, setting]) => [name ?? '', setting ?? '']));
    const waiting = this.#whenOpen ?? [];
    this.#whenOpen = null;
    for (const greet of waiting) greet(this.#greetingSettings);
    this.#pump();
  }

  whenOpen(greet: (settings: Record<string, string>) => void): void {
    if (this.#whenOpen) this.#whenOpen.push(greet);
    else greet(this.#greetingSettings);
  }

  accept(socket: Socket): void {
    this.#sessions.add(new ClientSession(this, socket, this.#nextId++));
  }

  schedule(session: ClientSession): void {
    if (session !== this.#owner && !this.#waiting.includes(session)) this.#waiting.push(session);
    if (!this.#pumping) this.#pump();
  }

  /** Nobody is in a transaction or waiting, and the last statement was at least `quietMs` ago. */
  isIdle(quietMs: number): boolean {
    return this.#engine !== undefined && !this.#owner && this.#waiting.length === 0 && performance.now() - this.#lastRunAt >= quietMs;
  }

  /** Runs `work` with the engine between two clients' turns; false when a transaction is open and it was not run. */
  between(work: (engine: Engine) => void): boolean {
    if (!this.#engine || this.#owner) return false;
    this.#useSettings(this.#engine, '', []);
    work(this.#engine);
    return true;
  }

  /** Forgets a client: its transaction is rolled back, its statements are closed, and channels nobody wants are left. */
  release(session: ClientSession): void {
    this.#sessions.delete(session);
    const at = this.#waiting.indexOf(session);
    if (at >= 0) this.#waiting.splice(at, 1);
    if (!this.#engine) return;
    if (this.#owner === session) {
      this.#engine.execute(simpleQuery('rollback'));
      this.#owner = null;
    }
    if (session.statements.size > 0) this.#chores.push(Buffer.concat([...[...session.statements].map(closeStatement), SYNC]));
    this.leave(session.channels);
    if (!this.#pumping) this.#pump();
  }

  /** Stops listening to those channels that no client wants any more. */
  leave(channels: Iterable<string>): void {
    for (const channel of channels)
      if (!this.#isWanted(channel)) this.#chores.push(simpleQuery(`unlisten "${channel.replaceAll('"', '""')}"`));
  }

  /** Tells every client that the server goes, after rolling back what is open. */
  stop(): void {
    this.#server?.close();
    for (const session of this.#sessions) session.fatal('57P01', 'terminating connection: the embedded server is shutting down');
  }

  #isWanted(channel: string): boolean {
    for (const session of this.#sessions) if (session.channels.has(channel)) return true;
    return false;
  }

  #pump(): void {
    const engine = this.#engine;
    if (!engine) return;
    this.#pumping = true;
    const until = performance.now() + BREATHE_AFTER_MS;
    for (;;) {
      if (!this.#owner) this.#doChores(engine);
      const session = this.#owner ?? this.#waiting.shift();
      const group = session?.nextGroup();
      if (!session || !group) break;
      this.#run(engine, session, group);
      if (session !== this.#owner && session.hasWork) this.#waiting.push(session);
      if (performance.now() >= until) {
        setImmediate(() => this.#pump());
        return;
      }
    }
    this.#pumping = false;
  }

  #doChores(engine: Engine): void {
    for (let chore = this.#chores.shift(); chore; chore = this.#chores.shift()) engine.execute(chore);
  }

  #run(engine: Engine, session: ClientSession, group: Buffer): void {
    if (!this.#owner) this.#useSettings(engine, session.settingsKey, session.settings.values());
    const answer = engine.execute(group);
    this.#lastRunAt = performance.now();
    this.whenRun();
    let status: number | null = null;
    let own: Buffer[] | null = null;
    let from = 0;
    let at = 0;
    for (const part of messagesOf(answer)) {
      at += part.length;
      const type = typeOf(part);
      if (type === 'Z') status = part[5] ?? null;
      if (type !== 'A') continue;
      own ??= [];
      own.push(answer.subarray(from, at - part.length));
      from = at;
      this.#notify(part);
    }
    // A Flush without a Sync keeps the engine: the rest of the client's group is still to come.
    this.#owner = status === IDLE ? null : session;
    session.send(own ? Buffer.concat([...own, answer.subarray(from)]) : answer);
    if (this.#owner && !session.hasWork) session.armIdle(IDLE_IN_TRANSACTION_MS);
    this.#settingsKey = session.settingsKey;
  }

  #useSettings(engine: Engine, key: string, settings: Iterable<string>): void {
    if (key === this.#settingsKey) return;
    engine.execute(simpleQuery('reset all'));
    engine.execute(simpleQuery('reset role'));
    for (const setting of settings) engine.execute(simpleQuery(setting));
    this.#settingsKey = key;
  }

  #notify(notification: Buffer): void {
    const channel = notification.toString('utf8', 9, notification.indexOf(0, 9));
    for (const session of this.#sessions) if (session.channels.has(channel)) session.notify(notification);
  }
}
