import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { spawnCli, temporaryFolder } from './run-cli.js';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

it.each([[[]], [['serve']]])(
  'a client at the other end of a pipe is served, whatever becomes of the database, and leaves: recollect %j',
  async (args) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'occupied');
    await writeFile(file, '');
    const child = spawnCli(args, { RECOLLECT_DATA_DIR: join(file, 'memory') });
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const ask = async (message: object): Promise<unknown> => {
      child.stdin?.write(`${JSON.stringify(message)}\n`);
      return JSON.parse((await lines.next()).value);
    };

    expect(await ask(INITIALIZE)).toMatchObject({ id: 1, result: { serverInfo: { name: 'recollect' } } });
    child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
    const answer = await ask({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'list_conversations', arguments: {} } });
    expect(answer).toMatchObject({ id: 2, result: { isError: true, content: [{ text: expect.stringContaining('RECOLLECT_DATA_DIR') }] } });

    child.stdin?.end();
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
  },
);
