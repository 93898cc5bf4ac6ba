import type { Readable, Writable } from 'node:stream';
import { type JSONRPCMessage, parseJSONRPCMessage, serializeMessage, type Transport } from '@modelcontextprotocol/server';
import { sessionCallIn } from './direct-call.js';

/** Longest line that is read. What tools accept is far below, so that a message too large for them is refused by them, in words. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;
/** How long requests that are under way when the client closes its end may go on. */
const DRAIN_MS = 400;
const NEWLINE = 10;
/** Enough of both ends of a line to find the id of a request whose middle was thrown away. */
const END_BYTES = 256;

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;

/**
 * One JSON-RPC message a line, in both directions. Where the SDK's own transport hangs up (a line too long) or says nothing
 * (a line that is no message), this one answers with an error and goes on; when input ends, what was asked is still answered.
 */
export class LineTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #input: Readable;
  readonly #output: Writable;
  #pieces: Buffer[] = [];
  #size = 0;
  readonly #unanswered = new Set<string | number>();
  #drained: (() => void) | undefined;
  #closed = false;
  #endedAt: number | undefined;

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#output = output;
  }

  async start(): Promise<void> {
    this.#input.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onEnd).on('error', this.#onInputError);
    this.#output.on('error', this.#onOutputError);
    if (this.#input.readableEnded || this.#input.destroyed) setImmediate(this.#onEnd);
  }

  /** Milliseconds since the client closed its end. */
  get sinceEnd(): number {
    return this.#endedAt === undefined ? 0 : performance.now() - this.#endedAt;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#closed) throw new Error('The connection is closed.');
    try {
      await this.#write(serializeMessage(message));
    } finally {
      if (!('method' in message) && message.id !== undefined) this.#settle(message.id);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#input.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd).off('error', this.#onInputError);
    this.#input.on('error', () => {});
    this.#input.pause();
    // The listener on output stays: a write under way may still fail, and an error nobody listens to ends the process.
    this.#pieces = [];
    this.#drained?.();
    this.onclose?.();
  }

  #write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#output.write(text, (error) => (error ? reject(error) : resolve()));
    });
  }

  #onData = (chunk: Buffer): void => {
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end >= 0 && !this.#closed; end = rest.indexOf(NEWLINE)) {
      this.#keep(rest.subarray(0, end));
      this.#onLine();
      rest = rest.subarray(end + 1);
    }
    this.#keep(rest);
  };

  /** Of a line that is too long only the ends are kept. */
  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#size += piece.length;
    this.#pieces.push(piece);
    if (this.#size <= MAX_LINE_BYTES) return;
    const line = Buffer.concat(this.#pieces);
    this.#pieces = [Buffer.from(line.subarray(0, END_BYTES)), Buffer.from(line.subarray(Math.max(END_BYTES, line.length - END_BYTES)))];
  }

  #onLine(): void {
    const [line, size] = [Buffer.concat(this.#pieces).toString().trim(), this.#size];
    this.#pieces = [];
    this.#size = 0;
    if (size > MAX_LINE_BYTES) {
      this.#refuse(
        INVALID_REQUEST,
        `A message of ${size} bytes is too large; the limit is ${MAX_LINE_BYTES}. Send it in parts.`,
        requestId(line),
      );
      return;
    }
    if (line === '') return;
    let message: JSONRPCMessage;
    try {
      const body: unknown = JSON.parse(line);
      message = sessionCallIn(body) ? (body as JSONRPCMessage) : parseJSONRPCMessage(body);
    } catch (error) {
      const noJson = error instanceof SyntaxError;
      const text = noJson ? 'A line of input was no JSON; each line is one message.' : 'A line of input was no JSON-RPC message.';
      this.#refuse(noJson ? PARSE_ERROR : INVALID_REQUEST, text, noJson ? undefined : requestId(line));
      return;
    }
    if ('method' in message) {
      // A subscription is answered when it ends, so nobody waits for that.
      if ('id' in message && message.method !== 'subscriptions/listen') this.#unanswered.add(message.id);
      const cancelled = message.method === 'notifications/cancelled' ? message.params?.requestId : undefined;
      if (typeof cancelled === 'string' || typeof cancelled === 'number') this.#settle(cancelled);
    }
    this.onmessage?.(message);
  }

  #refuse(code: number, message: string, id: string | number | undefined): void {
    this.onerror?.(new Error(message));
    const answer = { jsonrpc: '2.0' as const, ...(id !== undefined && { id }), error: { code, message } };
    this.#write(serializeMessage(answer)).catch((error: Error) => this.onerror?.(error));
  }

  #settle(id: string | number): void {
    this.#unanswered.delete(id);
    if (this.#unanswered.size === 0) this.#drained?.();
  }

  #onEnd = (): void => {
    if (this.#closed || this.#drained) return;
    this.#endedAt = performance.now();
    const timer = setTimeout(() => this.close(), DRAIN_MS);
    this.#drained = () => {
      clearTimeout(timer);
      setImmediate(() => this.close());
    };
    if (this.#unanswered.size === 0) this.#drained();
  };

  #onInputError = (error: Error): void => {
    this.onerror?.(error);
    void this.close();
  };

  #onOutputError = (error: NodeJS.ErrnoException): void => {
    // EPIPE: the client is gone, which is how a connection ends, not a failure.
    if (error.code !== 'EPIPE' && !this.#closed) this.onerror?.(error);
    void this.close();
  };
}

/** The id of a request, read from the ends of its text: clients write it first or last. */
function requestId(line: string): string | number | undefined {
  const found =
    /^\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d+|"[^"\\]*")/.exec(line) ??
    /"jsonrpc"\s*:\s*"2\.0"\s*,\s*"id"\s*:\s*(\d+|"[^"\\]*")\s*\}$/.exec(line);
  return found ? (JSON.parse(found[1]!) as string | number) : undefined;
}
