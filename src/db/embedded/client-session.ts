import type { Socket } from 'node:net';
import type { Multiplexer } from './multiplexer.js';
import { inspectSql, type SqlEffect } from './session-sql.js';
import { cstring, fatalError, greeting, MessageReader, MessageTooLarge, message, typeOf } from './wire.js';

/** The largest message, and the largest group of messages up to a Sync, that is accepted. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** Above this much work not yet run a client is not read from; above the second much unread output a listener is dropped. */
const PAUSE_ABOVE_BYTES = 8 * 1024 * 1024;
const MAX_UNREAD_NOTICES_BYTES = 8 * 1024 * 1024;

const LINGER_MS = 1000;

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;

/** One client of the multiplexer: frames its messages, keeps its names and settings private, and slows it down when it is too fast. */
export class ClientSession {
  readonly id: number;
  readonly statements = new Set<string>();
  readonly channels = new Set<string>();
  /** SET statements in force, oldest first; replayed when the engine changes hands. */
  readonly settings: string[] = [];
  readonly groups: Buffer[] = [];
  closed = false;
  #started = false;
  #queuedBytes = 0;
  #part: Buffer[] = [];
  #partBytes = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  readonly #reader = new MessageReader(MAX_MESSAGE_BYTES);
  readonly #multiplexer: Multiplexer;
  readonly #socket: Socket;

  constructor(multiplexer: Multiplexer, socket: Socket, id: number) {
    this.id = id;
    this.#multiplexer = multiplexer;
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('drain', () => this.#steer());
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
  }

  get settingsKey(): string {
    return this.settings.join(';');
  }

  nextGroup(): Buffer | undefined {
    const group = this.groups.shift();
    if (group) {
      this.#queuedBytes -= group.length;
      this.#steer();
    }
    return group;
  }

  send(bytes: Buffer): void {
    if (!this.closed && bytes.length > 0) this.#socket.write(bytes);
    this.#steer();
  }

  /** A notification is dropped, with its reader, when the reader does not read. */
  notify(bytes: Buffer): void {
    if (this.#socket.writableLength > MAX_UNREAD_NOTICES_BYTES) this.close();
    else this.send(bytes);
  }

  fatal(code: string, text: string): void {
    this.send(fatalError(code, text));
    this.close();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
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

  #steer(): void {
    const tooFast = this.#queuedBytes > PAUSE_ABOVE_BYTES || this.#socket.writableNeedDrain;
    if (tooFast !== this.#socket.isPaused()) tooFast ? this.#socket.pause() : this.#socket.resume();
  }

  #receive(chunk: Buffer): void {
    this.#reader.push(chunk);
    try {
      while (!this.closed) {
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
    if (code === SSL_REQUEST || code === GSS_REQUEST) return this.send(Buffer.from('N'));
    if (code === CANCEL_REQUEST) return this.close();
    if (code >>> 16 !== 3) return this.fatal('0A000', 'unsupported protocol version');
    this.#started = true;
    this.#multiplexer.whenOpen((settings) => this.send(greeting(settings, this.id)));
  }

  #message(bytes: Buffer): void {
    switch (typeOf(bytes)) {
      case 'X':
        return this.close();
      case 'Q':
        this.#add(this.#simpleQuery(bytes));
        return this.#flush();
      case 'P':
        return this.#add(this.#parse(bytes));
      case 'B':
        return this.#add(this.#bind(bytes));
      case 'C':
      case 'D':
        return this.#add(this.#closeOrDescribe(bytes));
      case 'E':
        return this.#add(this.#withPrivateName(bytes, 5));
      case 'S':
      case 'H':
      case 'F':
        this.#add(bytes);
        return this.#flush();
      default:
        return this.#add(bytes);
    }
  }

  #add(bytes: Buffer): void {
    this.#part.push(bytes);
    this.#partBytes += bytes.length;
    if (this.#partBytes > MAX_MESSAGE_BYTES) throw new MessageTooLarge(`more than ${MAX_MESSAGE_BYTES} bytes before a Sync`);
  }

  #flush(): void {
    const group = this.#part.length === 1 ? this.#part[0]! : Buffer.concat(this.#part, this.#partBytes);
    this.#part = [];
    this.#partBytes = 0;
    this.groups.push(group);
    this.#queuedBytes += group.length;
    this.disarmIdle();
    this.#steer();
    this.#multiplexer.schedule(this);
  }

  #simpleQuery(bytes: Buffer): Buffer {
    const effect = inspectSql(bytes, 5, bytes.length - 1);
    this.#apply(effect);
    return effect.replacement ? message('Q', cstring(effect.replacement)) : bytes;
  }

  #parse(bytes: Buffer): Buffer {
    const nameEnd = bytes.indexOf(0, 5);
    const sqlEnd = bytes.indexOf(0, nameEnd + 1);
    const effect = inspectSql(bytes, nameEnd + 1, sqlEnd);
    this.#apply(effect);
    if (nameEnd === 5 && !effect.replacement) return bytes;
    const name = nameEnd === 5 ? '' : this.#privateName(bytes, 5, nameEnd);
    if (name) this.statements.add(name);
    const rest = effect.replacement
      ? Buffer.concat([cstring(effect.replacement), bytes.subarray(sqlEnd + 1)])
      : bytes.subarray(nameEnd + 1);
    return message('P', cstring(name), rest);
  }

  #bind(bytes: Buffer): Buffer {
    const portalEnd = bytes.indexOf(0, 5);
    const statementEnd = bytes.indexOf(0, portalEnd + 1);
    if (portalEnd === 5 && statementEnd === 6) return bytes;
    const portal = this.#privateName(bytes, 5, portalEnd);
    const statement = this.#privateName(bytes, portalEnd + 1, statementEnd);
    return message('B', cstring(portal), cstring(statement), bytes.subarray(statementEnd + 1));
  }

  #closeOrDescribe(bytes: Buffer): Buffer {
    if (typeOf(bytes) === 'C' && bytes[5] === 0x53) this.statements.delete(this.#privateName(bytes, 6, bytes.length - 1));
    return this.#withPrivateName(bytes, 6);
  }

  #withPrivateName(bytes: Buffer, at: number): Buffer {
    const end = bytes.indexOf(0, at);
    if (end === at) return bytes;
    return message(typeOf(bytes), bytes.subarray(5, at), cstring(this.#privateName(bytes, at, end)), bytes.subarray(end + 1));
  }

  #privateName(bytes: Buffer, from: number, to: number): string {
    return from === to ? '' : `${this.id}.${bytes.toString('utf8', from, to)}`;
  }

  #apply(effect: SqlEffect): void {
    if (effect.setting !== undefined) {
      const { setting } = effect;
      const known = this.settings.indexOf(setting);
      if (known >= 0) this.settings.splice(known, 1);
      this.settings.push(setting);
    }
    if (effect.listen !== undefined) this.channels.add(effect.listen);
    if (effect.unlisten !== undefined) {
      const left = effect.unlisten === '*' ? [...this.channels] : [effect.unlisten];
      for (const channel of left) this.channels.delete(channel);
      this.#multiplexer.leave(left);
    }
  }
}
