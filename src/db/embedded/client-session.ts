import type { Socket } from 'node:net';
import { MessageRewriter } from './message-rewriter.js';
import type { Multiplexer } from './multiplexer.js';
import type { SqlEffect } from './session-sql.js';
import { fatalError, greeting, MessageReader, MessageTooLarge, typeOf } from './wire.js';

/** The largest message, and the largest group of messages up to a Sync, that is accepted. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** Above this much work not yet run a client is not read from. */
const PAUSE_ABOVE_BYTES = 8 * 1024 * 1024;
const MAX_UNREAD_NOTICES_BYTES = 8 * 1024 * 1024;
const LINGER_MS = 1000;

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
/** Query, FunctionCall, Sync and Flush: the engine answers up to here. */
const ENDS_GROUP = new Set(['Q', 'F', 'S', 'H']);

/** One client of the multiplexer: collects its messages into groups, keeps its settings, and slows it down when it is too fast. */
export class ClientSession {
  readonly id: number;
  readonly channels = new Set<string>();
  /** SET statements in force, by what they set; replayed when the engine changes hands. */
  readonly settings = new Map<string, string>();
  readonly #groups: Buffer[] = [];
  readonly #reader = new MessageReader(MAX_MESSAGE_BYTES);
  readonly #rewriter: MessageRewriter;
  readonly #multiplexer: Multiplexer;
  readonly #socket: Socket;
  #started = false;
  #closed = false;
  #queuedBytes = 0;
  #part: Buffer[] = [];
  #partBytes = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(multiplexer: Multiplexer, socket: Socket, id: number) {
    this.id = id;
    this.#multiplexer = multiplexer;
    this.#socket = socket;
    this.#rewriter = new MessageRewriter(`${id}.`, (effect) => this.#apply(effect));
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('drain', () => this.#steer());
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
  }

  get settingsKey(): string {
    return this.settings.size === 0 ? '' : [...this.settings.values()].join(';');
  }

  get statements(): ReadonlySet<string> {
    return this.#rewriter.statements;
  }

  get hasWork(): boolean {
    return this.#groups.length > 0;
  }

  /** Messages up to the next Sync or simple query. */
  nextGroup(): Buffer | undefined {
    const group = this.#groups.shift();
    if (group) {
      this.#queuedBytes -= group.length;
      this.#steer();
    }
    return group;
  }

  send(bytes: Buffer): void {
    if (this.#closed || bytes.length === 0) return;
    this.#socket.write(bytes);
    this.#steer();
  }

  /** A listener that does not read is dropped, so that nothing piles up for it. */
  notify(bytes: Buffer): void {
    if (this.#socket.writableLength > MAX_UNREAD_NOTICES_BYTES) this.close();
    else this.send(bytes);
  }

  fatal(code: string, text: string): void {
    this.send(fatalError(code, text));
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.disarmIdle();
    this.#socket.end();
    // A peer that does not read never acknowledges the end.
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
    this.#multiplexer.release(this);
  }

  armIdle(limitMs: number): void {
    this.disarmIdle();
    this.#idleTimer = setTimeout(() => this.fatal('25P03', 'terminating connection due to idle-in-transaction timeout'), limitMs);
    this.#idleTimer.unref();
  }

  disarmIdle(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
  }

  /** Stops reading while the client is ahead of the engine or behind with its answers. */
  #steer(): void {
    const isAhead = this.#queuedBytes > PAUSE_ABOVE_BYTES || this.#socket.writableNeedDrain;
    if (isAhead === this.#socket.isPaused()) return;
    if (isAhead) this.#socket.pause();
    else this.#socket.resume();
  }

  #receive(chunk: Buffer): void {
    this.#reader.push(chunk);
    try {
      while (!this.#closed) {
        const bytes = this.#started ? this.#reader.takeMessage() : this.#reader.takeStartup();
        if (!bytes) return;
        if (this.#started) this.#message(bytes);
        else this.#startup(bytes);
      }
    } catch (error) {
      if (!(error instanceof MessageTooLarge)) throw error;
      this.fatal('54000', error.message);
    }
  }

  #startup(packet: Buffer): void {
    const code = packet.length >= 8 ? packet.readInt32BE(4) : 0;
    if (code === SSL_REQUEST || code === GSS_REQUEST) this.send(Buffer.from('N'));
    else if (code === CANCEL_REQUEST) this.close();
    else if (code >>> 16 !== 3) this.fatal('0A000', 'unsupported protocol version');
    else {
      this.#started = true;
      this.#multiplexer.whenOpen((settings) => this.send(greeting(settings, this.id)));
    }
  }

  #message(bytes: Buffer): void {
    const type = typeOf(bytes);
    if (type === 'X') {
      this.close();
      return;
    }
    const rewritten = this.#rewriter.rewrite(bytes);
    this.#part.push(rewritten);
    this.#partBytes += rewritten.length;
    if (this.#partBytes > MAX_MESSAGE_BYTES) throw new MessageTooLarge(`more than ${MAX_MESSAGE_BYTES} bytes before a Sync`);
    if (ENDS_GROUP.has(type)) this.#endGroup();
  }

  #endGroup(): void {
    const group = this.#part.length === 1 ? this.#part[0]! : Buffer.concat(this.#part, this.#partBytes);
    this.#part = [];
    this.#partBytes = 0;
    this.#groups.push(group);
    this.#queuedBytes += group.length;
    this.disarmIdle();
    this.#steer();
    this.#multiplexer.schedule(this);
  }

  #apply({ settings = [], listen, unlisten }: SqlEffect): void {
    for (const { name, sql } of settings) {
      // Set again at the end: a later SET may depend on it, as a role's permission does.
      this.settings.delete(name);
      if (/^\s*reset\b/i.test(sql)) {
        if (name === 'all') this.settings.clear();
      } else this.settings.set(name, sql);
    }
    if (listen !== undefined) this.channels.add(listen);
    if (unlisten === undefined) return;
    const left = unlisten === '*' ? [...this.channels] : [unlisten];
    for (const channel of left) this.channels.delete(channel);
    this.#multiplexer.leave(left);
  }
}
