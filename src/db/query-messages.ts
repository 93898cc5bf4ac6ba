/** Messages of the PostgreSQL protocol that a prepared statement is sent with, all values as text. */

const HEADER = 5;

export const EXECUTE = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0]);
export const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);

export function parseMessage(name: string, text: string): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER + Buffer.byteLength(name) + 1 + Buffer.byteLength(text) + 1 + 2);
  let at = start(bytes, 0x50);
  at = zeroEnded(bytes, name, at);
  at = zeroEnded(bytes, text, at);
  bytes.writeInt16BE(0, at);
  return bytes;
}

export function bindMessage(statement: string, values: readonly (string | number | boolean | null | undefined)[]): Buffer {
  const texts: (string | null)[] = [];
  let size = HEADER + 1 + Buffer.byteLength(statement) + 1 + 2 + 2 + 2;
  for (const value of values) {
    const text = value === null || value === undefined ? null : String(value);
    texts.push(text);
    size += 4 + (text === null ? 0 : Buffer.byteLength(text));
  }
  const bytes = Buffer.allocUnsafe(size);
  let at = zeroEnded(bytes, '', start(bytes, 0x42));
  at = zeroEnded(bytes, statement, at);
  // No formats: text.
  at = bytes.writeInt16BE(0, at);
  at = bytes.writeInt16BE(texts.length, at);
  for (const text of texts) {
    const length = text === null ? -1 : bytes.write(text, at + 4);
    bytes.writeInt32BE(length, at);
    at += 4 + Math.max(length, 0);
  }
  bytes.writeInt16BE(0, at);
  return bytes;
}

const start = (bytes: Buffer, type: number): number => {
  bytes[0] = type;
  return bytes.writeInt32BE(bytes.length - 1, 1);
};

const zeroEnded = (bytes: Buffer, text: string, at: number): number => {
  const end = at + bytes.write(text, at);
  bytes[end] = 0;
  return end + 1;
};
