import { expect, it } from 'vitest';
import { describeEngines, type TestEngine } from '../support/engines.js';
import { amount, type Server, startServers } from './servers.js';
import { readAll, TurnLog } from './turns.js';

const CALLERS = 20;
const PROCESSES = 3;
const TURNS = amount('CALLER_TURNS', 3);

/** Servers of a new tenant. On the embedded engine this process leads, and all of them follow. */
async function serversOn(engine: TestEngine, count: number): Promise<Server[] & AsyncDisposable> {
  const { url, dataDir } = engine.config;
  const place: Record<string, string> = url === null ? { RECOLLECT_DATA_DIR: dataDir } : { RECOLLECT_DATABASE_URL: url };
  return startServers(count, { ...place, RECOLLECT_TENANT: await engine.freshTenant() });
}

describeEngines(`${CALLERS} callers at once`, (engine) => {
  it.each([1, PROCESSES])(
    'append to one conversation, %i servers at work, without a gap or a repetition',
    async (processes) => {
      await using servers = await serversOn(engine, processes);
      const log = new TurnLog('busy');
      const write = async (server: Server, caller: number): Promise<void> => {
        for (let count = 1; count <= TURNS; count += 1) await log.save(server, `${caller}-${count}`);
      };
      await Promise.all(Array.from({ length: CALLERS }, (_, caller) => write(servers[caller % processes]!, caller)));
      expect(log.acknowledged.size).toBe(CALLERS * TURNS);
      log.expectIn(await readAll(servers[0]!, { conversation_key: log.key }));
    },
    60_000,
  );

  it('save the same message through several processes, and it is stored once', async () => {
    await using servers = await serversOn(engine, PROCESSES);
    const retry = (server: Server) =>
      server.call<{ conversation_id: string; messages: { id: string; seq: number; deduplicated: boolean }[] }>('save_turn', {
        conversation_key: 'retried',
        messages: [{ role: 'user', content: 'once', client_message_id: 'the-same' }],
      });
    const receipts = await Promise.all(Array.from({ length: CALLERS }, (_, caller) => retry(servers[caller % PROCESSES]!)));
    const saved = receipts.flatMap(({ messages }) => messages);
    expect(new Set(receipts.map((receipt) => receipt.conversation_id)).size).toBe(1);
    expect(new Set(saved.map(({ id }) => id)).size).toBe(1);
    expect(saved.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
    const { conversation, messages } = await readAll(servers[0]!, { conversation_key: 'retried' });
    expect(messages).toMatchObject([{ id: saved[0]?.id, seq: 1, content: 'once' }]);
    expect(conversation.message_count).toBe(1);
  }, 60_000);
});
