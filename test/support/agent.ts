import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { Transport } from '@modelcontextprotocol/server';
import { loadConfig } from '../../src/config.js';
import { Jobs } from '../../src/jobs/jobs.js';
import { createLog } from '../../src/log.js';
import { scopesOf } from '../../src/principal.js';
import type { Neighbours } from '../../src/recall/soft-terms.js';
import { ChangeSource } from '../../src/repository/change-source.js';
import { CorpusFolder } from '../../src/repository/corpus-folder.js';
import { EmbeddingQueue } from '../../src/repository/vectors/embedding-queue.js';
import { ChangeFeed } from '../../src/services/change-feed.js';
import { CorpusKeeper } from '../../src/services/corpus-keeper.js';
import { Embeddings } from '../../src/services/embeddings/embeddings.js';
import type { EmbeddingSettings } from '../../src/services/embeddings/settings.js';
import { Recall } from '../../src/services/recall.js';
import { loadNeighbours } from '../../src/services/thesaurus.js';
import { TOOLSETS } from '../../src/toolsets.js';
import { serveConnection } from '../../src/transports/connection.js';
import { NO_EMBEDDINGS } from './embeddings.js';
import type { TestEngine } from './engines.js';
import { storeFor, type Who } from './store.js';

type Caller = Who & { embeddings?: Partial<EmbeddingSettings> };
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape the output schema has checked
type Answer = any;

let thesaurus: Promise<Neighbours> | undefined;
const neighbours = () => {
  thesaurus ??= loadNeighbours();
  return thesaurus;
};

/** A real client of a real server, joined in memory, for one principal. */
export interface Agent extends AsyncDisposable {
  readonly client: Client;
  readonly tenantId: string;
  /** The structured result; throws when the tool answered with an error. */
  call(tool: string, args?: Record<string, unknown>): Promise<Answer>;
  /** The readable text of a result. */
  text(tool: string, args?: Record<string, unknown>): Promise<string>;
  /** The text of the error a call must end in. */
  refusal(tool: string, args?: Record<string, unknown>): Promise<string>;
}

export async function agentFor(engine: TestEngine, who: Caller): Promise<Agent> {
  const [near, far] = InMemoryTransport.createLinkedPair();
  const log = createLog('silent');
  const changes = new ChangeFeed(async () => new ChangeSource(engine.db), log);
  const settings = { ...NO_EMBEDDINGS, ...who.embeddings };
  const embeddings = new Embeddings(settings, async (tenantId) => new EmbeddingQueue(engine.db, tenantId), log);
  const corpus = new CorpusKeeper(async () => new CorpusFolder(engine.db, who.clock ?? (() => new Date())), log);
  const recall = new Recall(neighbours, embeddings, corpus, log);
  const role = who.role ?? (who.user === undefined ? 'service' : 'user');
  const principal = { tenantId: who.tenantId, user: who.user ?? null, role, scopes: who.scopes ?? scopesOf(role) };
  const store = storeFor(engine.db, { ...who, role });
  const systemStore = (tenantId: string) => storeFor(engine.db, { tenantId, role: 'system', ...(who.clock && { clock: who.clock }) });
  const jobs = new Jobs({
    config: loadConfig({}, {}),
    log,
    clock: who.clock ?? (() => new Date()),
    database: async () => ({ db: engine.db, models: engine.models }),
    systemStore,
    embeddings,
    retention: {
      systemStore,
      wrote(tenantId) {
        for (const follower of [changes, embeddings, corpus]) follower.wrote(tenantId);
      },
    },
  });
  const handle = serveConnection(
    {
      principal,
      store: () => store,
      toolsets: new Set(TOOLSETS),
      readOnly: false,
      changes,
      embeddings,
      recall,
      corpus,
      jobs,
      log,
      version: '0.0.0',
    },
    far as Transport,
  );
  const client = new Client({ name: 'test', version: '0' });
  await client.connect(near);
  // A client that has listed the tools checks every structured result against its output schema.
  await client.listTools();

  const answer = async (name: string, args: Record<string, unknown> = {}) => {
    const result = await client.callTool({ name, arguments: args });
    const [first] = result.content as { type: string; text: string }[];
    return { ok: result.isError !== true, text: first?.text ?? '', structured: result.structuredContent };
  };
  return {
    client,
    tenantId: who.tenantId,
    async call(name, args) {
      const { ok, text, structured } = await answer(name, args);
      if (!ok) throw new Error(text);
      return structured;
    },
    text: async (name, args) => (await answer(name, args)).text,
    async refusal(name, args) {
      const { ok, text } = await answer(name, args);
      if (ok) throw new Error(`${name} answered: ${text}`);
      return text;
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await handle.close();
      await jobs.close();
      await changes.close();
      await embeddings.close();
      await recall.close();
      await corpus.close();
    },
  };
}
