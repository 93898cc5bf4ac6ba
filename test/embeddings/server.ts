import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readAll } from 'node:stream/consumers';

type EmbeddingRequest = { model: string; input: string[]; encoding_format?: string; dimensions?: number };
export type Respond = (request: EmbeddingRequest, response: ServerResponse, incoming: IncomingMessage) => void | Promise<void>;
type Item = { index: number; embedding: unknown };

const WORDS = ['cat', 'dog', 'sea', 'moon'];

/** A vector that says which of four words a text holds: enough to tell whose it is. */
export const vectorOf = (text: string, width = WORDS.length): number[] =>
  Array.from({ length: width }, (_, at) => (WORDS[at] !== undefined && text.includes(WORDS[at]) ? 1 : 0.01));

export const answerWith = (response: ServerResponse, data: unknown[]): void => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ object: 'list', data }));
};

export const items = ({ input }: EmbeddingRequest, width?: number): Item[] =>
  input.map((text, index) => ({ index, embedding: vectorOf(text, width) }));

export const answer: Respond = (request, response) => answerWith(response, items(request));
export const status =
  (code: number, headers: Record<string, string> = {}): Respond =>
  (_, response) =>
    void response.writeHead(code, headers).end('{"error":"no"}');
/** Neither answers nor hangs up. */
export const silence: Respond = () => {};

/** A real HTTP server that speaks `/v1/embeddings`, as well or as badly as `respond` says. */
export class EmbeddingServer implements AsyncDisposable {
  readonly requests: EmbeddingRequest[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  respond: Respond = answer;
  #server: Server | undefined;
  #port = 0;

  static async start(respond: Respond = answer): Promise<EmbeddingServer> {
    const server = new EmbeddingServer();
    server.respond = respond;
    await server.up();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/v1`;
  }

  /** Every text that was asked for, in the order of the requests. */
  get texts(): string[] {
    return this.requests.flatMap(({ input }) => input);
  }

  async up(): Promise<void> {
    this.#server = createServer((incoming, response) => void this.#serve(incoming, response));
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Gone like a killed process: connections break in the middle of what they were doing. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.down();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (incoming.url !== '/v1/embeddings') return void response.writeHead(404).end();
    const body = await readAll(incoming).catch(() => null);
    if (body === null) return;
    const request = JSON.parse(body) as EmbeddingRequest;
    this.requests.push(request);
    this.headers.push(incoming.headers);
    await this.respond(request, response, incoming);
  }
}
