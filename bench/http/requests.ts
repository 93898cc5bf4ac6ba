import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:http';

export type Revision = '2025-11-25' | '2026-07-28';
export const REVISIONS: readonly Revision[] = ['2025-11-25', '2026-07-28'];

type Received = { status: number; headers: IncomingHttpHeaders; text: string };

const CLIENT = { name: 'recollect-bench', version: '1' };
const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': CLIENT,
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** One client with a connection of its own. It knows just enough of the protocol, so that mostly the server is measured. */
export class BenchClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: URL;
  readonly #revision: Revision;
  readonly #headers: Record<string, string>;
  #id = 0;

  private constructor(url: string, key: string, revision: Revision) {
    this.#url = new URL(url);
    this.#revision = revision;
    this.#headers = {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      Authorization: `Bearer ${key}`,
      'MCP-Protocol-Version': revision,
    };
  }

  static async connect(url: string, key: string, revision: Revision): Promise<BenchClient> {
    const client = new BenchClient(url, key, revision);
    if (revision === '2025-11-25') {
      const params = { protocolVersion: revision, capabilities: {}, clientInfo: CLIENT };
      const { headers } = await client.#post('initialize', params);
      client.#headers['Mcp-Session-Id'] = String(headers['mcp-session-id']);
      await client.#send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    }
    return client;
  }

  /** The answer as it came: whoever looks for a word in it need not parse it. Throws unless the call went well. */
  async call(name: string, args: Record<string, unknown>): Promise<string> {
    const modern = this.#revision === '2026-07-28' && { _meta: MODERN };
    const { status, text } = await this.#post('tools/call', { name, arguments: args, ...modern }, name);
    if (status !== 200 || !text.includes('"result"') || text.includes('"isError":true'))
      throw new Error(`${name}: ${status} ${text.slice(0, 300)}`);
    return text;
  }

  close(): void {
    this.#agent.destroy();
  }

  #post(method: string, params: object, name?: string): Promise<Received> {
    this.#id += 1;
    const told = this.#revision === '2026-07-28' && { 'Mcp-Method': method, ...(name !== undefined && { 'Mcp-Name': name }) };
    return this.#send({ jsonrpc: '2.0', id: this.#id, method, params }, { ...told });
  }

  #send(message: object, headers: Record<string, string> = {}): Promise<Received> {
    const body = Buffer.from(JSON.stringify(message));
    const { hostname, port, pathname: path } = this.#url;
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          agent: this.#agent,
          hostname,
          port,
          path,
          method: 'POST',
          headers: { ...this.#headers, ...headers, 'Content-Length': body.length },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

export type Result = { content: object[]; structuredContent: Record<string, unknown> };

/** The result in an answer, whichever way it was sent. */
export function resultOf(text: string): Result {
  const data = text.split('\n').findLast((line) => line.startsWith('data: {'));
  return (JSON.parse(data ? data.slice('data: '.length) : text) as { result: Result }).result;
}
