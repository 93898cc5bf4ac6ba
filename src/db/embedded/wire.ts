/** Framing of the PostgreSQL wire protocol, version 3: a type byte (absent in the startup packet), a length that counts itself, a body. */

const HEADER = 5;

export class MessageTooLarge extends Error {}

/** Cuts a byte stream into messages; a message is copied together once, when its last byte is there. */
export class MessageReader {
  #chunks: Buffer[] = [];
  #size = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  /** The startup packet, or null until it is complete. */
  takeStartup(): Buffer | null {
    return this.#take(0);
  }

  /** The next message with its header, or null until it is complete. */
  takeMessage(): Buffer | null {
    return this.#take(1);
  }

  #take(lengthAt: 0 | 1): Buffer | null {
    const header = lengthAt + 4;
    if (this.#size < header) return null;
    const length = this.#contiguous(header).readInt32BE(lengthAt) + lengthAt;
    if (length < header || length > this.#limit)
      throw new MessageTooLarge(`a message of ${length} bytes; at most ${this.#limit} are accepted`);
    if (this.#size < length) return null;
    const head = this.#contiguous(length);
    this.#size -= length;
    if (head.length === length) this.#chunks.shift();
    else this.#chunks[0] = head.subarray(length);
    return head.subarray(0, length);
  }

  /** The first chunk, made at least `bytes` long. */
  #contiguous(bytes: number): Buffer {
    const first = this.#chunks[0]!;
    if (first.length >= bytes) return first;
    const all = Buffer.concat(this.#chunks, this.#size);
    this.#chunks = [all];
    return all;
  }
}

export const cstring = (text: string): Buffer => Buffer.from(`${text}\0`);

export const message = (type: string, ...parts: readonly Buffer[]): Buffer => {
  let length = 4;
  for (const part of parts) length += part.length;
  const out = Buffer.allocUnsafe(length + 1);
  out.write(type, 0, 'latin1');
  out.writeInt32BE(length, 1);
  let at = HEADER;
  for (const part of parts) at += part.copy(out, at);
  return out;
};

export const typeOf = (bytes: Buffer): string => String.fromCharCode(bytes[0]!);
export const SYNC = message('S');
export const simpleQuery = (sql: string): Buffer => message('Q', cstring(sql));
export const closeStatement = (name: string): Buffer => message('C', Buffer.from('S'), cstring(name));
export const fatalError = (code: string, text: string): Buffer =>
  message('E', cstring('SFATAL'), cstring('VFATAL'), cstring(`C${code}`), cstring(`M${text}`), Buffer.from([0]));

/** Answer to a startup packet: no password, the settings a driver wants to know, a key that identifies the session, ready. */
export const greeting = (settings: Readonly<Record<string, string>>, sessionId: number): Buffer => {
  const key = Buffer.alloc(8);
  key.writeInt32BE(sessionId, 0);
  return Buffer.concat([
    message('R', Buffer.alloc(4)),
    ...Object.entries(settings).map(([name, value]) => message('S', cstring(name), cstring(value))),
    message('K', key),
    message('Z', Buffer.from('I')),
  ]);
};

/** The messages of a complete answer, in order. */
export function* messagesOf(answer: Buffer): Generator<Buffer> {
  for (let at = 0; at + HEADER <= answer.length; ) {
    const end = at + 1 + answer.readInt32BE(at + 1);
    yield answer.subarray(at, end);
    at = end;
  }
}

/** Fields of a row of a text-format answer, one array per DataRow; null for SQL null. */
export const rowsOf = (answer: Buffer): (string | null)[][] => {
  const rows: (string | null)[][] = [];
  for (const row of messagesOf(answer)) {
    if (typeOf(row) !== 'D') continue;
    const fields: (string | null)[] = [];
    for (let at = HEADER + 2, left = row.readInt16BE(HEADER); left > 0; left -= 1) {
      const length = row.readInt32BE(at);
      at += 4;
      fields.push(length < 0 ? null : row.toString('utf8', at, at + length));
      at += Math.max(length, 0);
    }
    rows.push(fields);
  }
  return rows;
};

/** Message text of the first ErrorResponse, or null. */
export const errorOf = (answer: Buffer): string | null => {
  for (const part of messagesOf(answer)) {
    if (typeOf(part) !== 'E') continue;
    const field = part
      .toString('utf8', HEADER)
      .split('\0')
      .find((text) => text.startsWith('M'));
    return field?.slice(1) ?? 'unknown error';
  }
  return null;
};
