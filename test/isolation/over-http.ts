import { Client as ModernClient, StreamableHTTPClientTransport as ModernHttp } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { TestEngine } from '../support/engines.js';
import { environmentFor, startHttp, type TestServer } from '../support/http-server.js';
import type { Connect } from './world.js';

/** How clients of one kind get to the database of a suite. */
export type Way = AsyncDisposable & {
  readonly connect: Connect;
  /** Waits for what a server does after it has answered. */
  settled(): Promise<void>;
};

type Open = (address: URL, key: string) => Promise<Client>;

const init = (key: string) => ({ requestInit: { headers: { Authorization: `Bearer ${key}` } } });

/** Of revision 2025-11-25, with a session. */
export const oldClient: Open = async (address, key) => {
  const client = new Client({ name: 'old', version: '1' });
  await client.connect(new OldHttp(address, init(key)) as Transport);
  return client;
};

/** Of revision 2026-07-28, which knows none. The two lines of the SDK differ in types that say the same. */
export const modernClient: Open = async (address, key) => {
  const client = new ModernClient({ name: 'modern', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(new ModernHttp(address, init(key)));
  return client as unknown as Client;
};

/** A real server on a free port, that everybody comes to with a key of their own; after it has settled, another one. */
export async function overHttp(engine: TestEngine, open: Open): Promise<Way> {
  let server: TestServer | undefined;
  const close = async (): Promise<void> => {
    await server?.close();
    server = undefined;
  };
  return {
    async connect(_, who) {
      server ??= await startHttp({ ...environmentFor(engine), RECOLLECT_RATE_LIMIT: '0' });
      const client = await open(new URL(`${server.url}/mcp`), await server.key(who));
      return { client, [Symbol.asyncDispose]: () => client.close() };
    },
    settled: close,
    [Symbol.asyncDispose]: close,
  };
}
