import { expect, it } from 'vitest';
import { createLog } from '../../src/log.js';
import { EmbeddingQueue } from '../../src/repository/embedding-queue.js';
import { EmbeddingWork } from '../../src/services/embeddings/embedding-work.js';
import { Embeddings } from '../../src/services/embeddings/embeddings.js';
import type { EmbeddingSettings } from '../../src/services/embeddings/settings.js';
import { agentFor } from '../support/agent.js';
import { NO_EMBEDDINGS } from '../support/embeddings.js';
import { describeEngines, type TestEngine } from '../support/engines.js';
import { storeFor } from '../support/store.js';
import { answer, answerWith, EmbeddingServer, items, type Respond, silence, status } from './server.js';

const log = createLog('silent');
const settingsOf = (server: EmbeddingServer, more: Partial<EmbeddingSettings> = {}): EmbeddingSettings => ({
  ...NO_EMBEDDINGS,
  embeddingsUrl: server.url,
  embeddingsModel: 'first',
  embeddingsTimeoutMs: 2_000,
  embeddingsBatch: 8,
  ...more,
});

/** A process that serves a tenant: asks for vectors of questions, and embeds in the background unless it is told not to. */
function processOf(engine: TestEngine, tenantId: string, settings: EmbeddingSettings, { working = true } = {}) {
  const open = async (id: string) => new EmbeddingQueue(engine.db, id);
  const embeddings = new Embeddings(settings, open, log);
  if (working) embeddings.serve(tenantId);
  return Object.assign(embeddings, { [Symbol.asyncDispose]: () => embeddings.close() });
}

/** Everything that is due, embedded here and now. */
async function catchUp(engine: TestEngine, tenantId: string, settings: EmbeddingSettings) {
  const work = new EmbeddingWork(settings, log);
  const embedder = (await work.embedder())!;
  const outcome = await work.work(new EmbeddingQueue(engine.db, tenantId), tenantId, embedder, true);
  work.close();
  return outcome;
}

const say = (count: number, what = 'a cat') =>
  Array.from({ length: count }, (_, at) => ({ role: 'user' as const, content: `${what} number ${at}` }));
/** What others can wait for. */
function gate() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}
const until = <T>(read: () => Promise<T>, wanted: (value: T) => boolean) =>
  expect.poll(async () => wanted(await read()), { timeout: 15_000, interval: 30 }).toBe(true);

describeEngines('embedding in the background', (engine) => {
  const world = async () => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId });
    const vectors = (model = 'first') => engine.models.MessageVector.findAll({ where: { tenantId, model } });
    const pending = async (model = 'first') => (await store.stats.summary({}, [{ provider: 'api', model }])).pendingEmbeddings;
    return { tenantId, store, vectors, pending };
  };

  it('gives everything a vector: what was there, what is written and what is edited, messages and memories', async () => {
    const { tenantId, store, pending, vectors } = await world();
    await using server = await EmbeddingServer.start();
    const { messages } = await store.turns.save({ messages: [...say(20), { role: 'tool', content: '' }] });
    await engine.models.EpisodicMemory.create({ tenantId, title: 'Pet', content: 'has a dog', contentHash: 'a' });
    await engine.models.MemoryGraphNode.create({ tenantId, key: 'the-sea' });
    expect(await pending()).toBe(21);
    await using embeddings = processOf(engine, tenantId, settingsOf(server));
    await until(pending, (count) => count === 0);

    await store.turns.save({ messages: say(1, 'the moon') });
    const [edited, deleted] = messages.map(({ id }) => id);
    await store.messages.edit(edited!, { content: 'a dog now' });
    await store.messages.softDelete(deleted!);
    embeddings.wrote(tenantId);
    await until(pending, (count) => count === 0);
    expect(await vectors()).toHaveLength(21);
    const asked = async (text: string) => (await embeddings.queryVector(tenantId, text)).vector!;
    const [best] = await store.vectors.nearest('message', await asked('where is the dog?'), 1);
    expect(best).toMatchObject({ id: edited, cosine: expect.closeTo(1, 2) });
    expect(await store.vectors.nearest('memory', await asked('dog'), 5)).toHaveLength(1);
    expect(await store.vectors.nearest('node', await asked('sea'), 5)).toMatchObject([{ cosine: expect.closeTo(1, 2) }]);
    expect(server.texts).toContain('Pet\nhas a dog');
    // Nothing was asked for twice, whatever was looked at again: 22 messages, a memory, a node, two questions, and one for the width.
    expect(new Set(server.texts).size).toBe(server.texts.length);
  });

  it('loses no vector and makes none twice when the provider dies in the middle and comes back', async () => {
    const { tenantId, store, pending, vectors } = await world();
    await using server = await EmbeddingServer.start();
    for (let turn = 0; turn < 3; turn += 1) await store.turns.save({ messages: say(40, `turn ${turn}: a cat`) });
    let answered = 0;
    server.respond = async (request, response, incoming) => {
      answered += 1;
      if (answered === 6) await server.down();
      else await answer(request, response, incoming);
    };
    await using embeddings = processOf(engine, tenantId, settingsOf(server));
    await until(vectors, (rows) => rows.length >= 24);
    await until(
      async () => (await embeddings.queryVector(tenantId, 'any cat?')).vector,
      (vector) => vector === null,
    );
    const degraded = await embeddings.queryVector(tenantId, 'what now?');
    expect(degraded).toMatchObject({ vector: null, degraded: expect.stringMatching(/does not work.*cannot be reached/) });
    expect(await pending()).toBeGreaterThan(0);
    await store.turns.save({ messages: say(5, 'while it is gone') });

    await server.up();
    embeddings.wrote(tenantId);
    await until(pending, (count) => count === 0);
    const ids = (await vectors()).map(({ messageId }) => messageId);
    expect(ids).toHaveLength(125);
    expect(new Set(ids).size).toBe(125);
    await until(
      async () => (await embeddings.queryVector(tenantId, 'what now?')).degraded,
      (reason) => reason === null,
    );
  });

  it('is shared by processes without doing anything twice', async () => {
    const { tenantId, store, pending, vectors } = await world();
    await using server = await EmbeddingServer.start();
    await store.turns.save({ messages: say(60) });
    await using one = processOf(engine, tenantId, settingsOf(server));
    await using two = processOf(engine, tenantId, settingsOf(server));
    await until(pending, (count) => count === 0);
    expect(new Set((await vectors()).map(({ messageId }) => messageId)).size).toBe(60);
    expect(await vectors()).toHaveLength(60);
    await Promise.all([one.close(), two.close()]);
    // Whoever was there first did it all.
    expect(new Set(server.texts.filter((text) => text !== 'hello')).size).toBe(server.texts.filter((text) => text !== 'hello').length);
  });

  it('writes no vector of a text that was edited while it was away, and embeds the new one', async () => {
    const { tenantId, store, vectors } = await world();
    await using server = await EmbeddingServer.start();
    const { messages } = await store.turns.save({ messages: say(1, 'the sea') });
    const editing: Respond = async (request, response) => {
      if (request.input[0]?.includes('sea')) await store.messages.edit(messages[0]!.id, { content: 'the moon' });
      answerWith(response, items(request));
    };
    server.respond = editing;
    const settings = settingsOf(server);
    await catchUp(engine, tenantId, settings);
    await catchUp(engine, tenantId, settings);
    const rows = await vectors();
    expect(rows).toHaveLength(1);
    expect(rows[0]!.embedding.indexOf(Math.max(...rows[0]!.embedding))).toBe(3);
  });

  it('keeps the earlier model answering until the new one has everything, with what is said meanwhile, and then removes it', async () => {
    const { tenantId, store, pending, vectors } = await world();
    await using server = await EmbeddingServer.start();
    await store.turns.save({ messages: say(30) });
    await catchUp(engine, tenantId, settingsOf(server));

    const started = gate();
    // The new model is wider, and embeds nothing of what is stored until it is let.
    server.respond = async (request, response) => {
      if (request.model === 'second' && request.input.some((text) => text.includes('number'))) await started.promise;
      answerWith(response, items(request, request.model === 'second' ? 6 : 4));
    };
    await using embeddings = processOf(
      engine,
      tenantId,
      settingsOf(server, { embeddingsModel: 'second', embeddingsTimeoutMs: 60_000, embeddingsPrune: true }),
    );
    await until(
      async () => (await embeddings.queryVector(tenantId, 'cat')).vector?.space.model,
      (model) => model === 'first',
    );
    expect(await embeddings.queryVector(tenantId, 'a moon?')).toMatchObject({
      degraded: null,
      vector: { space: { model: 'first', dimensions: 4 } },
    });
    expect(await pending('second')).toBe(30);

    const { messages } = await store.turns.save({ messages: say(1, 'a moon') });
    // Another process of the installation, which is still set up as before, is not needed for it to be found.
    await using other = processOf(engine, tenantId, settingsOf(server, { embeddingsModel: 'second' }), { working: false });
    started.resolve();
    await until(
      () => pending('second'),
      (count) => count === 0,
    );
    await until(
      async () => (await embeddings.queryVector(tenantId, 'moon')).vector?.space.model,
      (model) => model === 'second',
    );
    await until(
      async () => (await other.queryVector(tenantId, 'moon')).vector?.space.model,
      (model) => model === 'second',
    );
    const { vector } = await embeddings.queryVector(tenantId, 'a moon?');
    expect(vector!.space).toEqual({ provider: 'api', model: 'second', dimensions: 6 });
    expect((await store.vectors.nearest('message', vector!, 1))[0]!.id).toBe(messages[0]!.id);
    embeddings.wrote(tenantId);
    await until(vectors, (rows) => rows.length === 0);
    expect(await vectors('second')).toHaveLength(31);
  });

  it('follows what is written during a change of models with the model that answers', async () => {
    const { tenantId, store, vectors } = await world();
    await using server = await EmbeddingServer.start();
    await store.turns.save({ messages: say(3) });
    await catchUp(engine, tenantId, settingsOf(server));
    server.respond = (request, response, incoming) =>
      request.model === 'second' && request.input.some((text) => text.includes('number'))
        ? status(503)(request, response, incoming)
        : answer(request, response, incoming);
    const { messages } = await store.turns.save({ messages: say(1, 'a moon') });
    await expect(catchUp(engine, tenantId, settingsOf(server, { embeddingsModel: 'second' }))).rejects.toThrow(/503/);
    expect((await vectors()).map(({ messageId }) => messageId)).toContain(messages[0]!.id);
  });

  it('answers reads at once, and says what is lacking, whatever the provider does', async () => {
    const { tenantId, store } = await world();
    await using server = await EmbeddingServer.start();
    await store.turns.save({ messages: say(2) });
    const settings = settingsOf(server);
    await using fresh = processOf(engine, tenantId, settings, { working: false });
    expect(await fresh.queryVector(tenantId, 'cat')).toMatchObject({
      vector: null,
      degraded: expect.stringContaining('Nothing has been embedded'),
    });
    await catchUp(engine, tenantId, settings);
    for (const [respond, why] of [
      [silence, /in time/],
      [status(500), /HTTP 500/],
      [status(429, { 'retry-after': '60' }), /HTTP 429/],
    ] as const) {
      server.respond = respond;
      await using embeddings = processOf(engine, tenantId, settings, { working: false });
      const started = performance.now();
      expect(await embeddings.queryVector(tenantId, 'the cat?')).toMatchObject({ vector: null, degraded: expect.stringMatching(why) });
      expect(performance.now() - started).toBeLessThan(1_500);
    }
    await using none = processOf(engine, tenantId, NO_EMBEDDINGS);
    expect(await none.queryVector(tenantId, 'cat')).toEqual({ vector: null, degraded: null });
  });

  it('tries a text again that was refused, and lets nobody wait for it', async () => {
    const { tenantId, store, pending, vectors } = await world();
    await using server = await EmbeddingServer.start((request, response, incoming) =>
      (request.input.some((text) => text.includes('poison')) ? status(400) : answer)(request, response, incoming),
    );
    await store.turns.save({ messages: [...say(10), { role: 'user', content: 'poison' }, ...say(10, 'a dog')] });
    const settings = settingsOf(server);
    expect(await catchUp(engine, tenantId, settings)).toBe('done');
    expect(await vectors()).toHaveLength(20);
    expect(await pending()).toBe(1);
    await using embeddings = processOf(engine, tenantId, settings, { working: false });
    expect((await embeddings.queryVector(tenantId, 'cat')).degraded).toBeNull();
    server.respond = answer;
    const queue = new EmbeddingQueue(engine.db, tenantId);
    await queue.restartWalk((await queue.spaces())[0]!);
    await catchUp(engine, tenantId, settings);
    expect(await pending()).toBe(0);
  });

  it('tells an agent what is pending, and writes nothing where no provider is configured', async () => {
    const { tenantId, store } = await world();
    await store.turns.save({ messages: say(4) });
    await using server = await EmbeddingServer.start();
    await using plain = await agentFor(engine, { tenantId });
    expect(await plain.call('get_stats')).toMatchObject({ pending_embeddings: 0 });
    expect(await engine.models.EmbeddingSpace.count({ where: { tenantId } })).toBe(0);
    await using agent = await agentFor(engine, { tenantId, embeddings: settingsOf(server) });
    expect(await agent.call('get_stats')).toMatchObject({ pending_embeddings: 4 });
    await catchUp(engine, tenantId, settingsOf(server));
    expect(await agent.call('get_stats')).toMatchObject({ pending_embeddings: 0 });
  });

  it('follows more than one page of events, and what a long transaction commits behind them', async () => {
    const { tenantId, store, pending, vectors } = await world();
    await using server = await EmbeddingServer.start();
    const settings = settingsOf(server, { embeddingsBatch: 64 });
    await store.turns.save({ messages: say(1) });
    expect(await catchUp(engine, tenantId, settings)).toBe('done');
    const later = async () => {
      for (let turn = 0; turn < 3; turn += 1) await store.turns.save({ messages: say(100, `turn ${turn}`) });
      expect(await catchUp(engine, tenantId, settings)).toBe('done');
      expect(await pending()).toBe(0);
    };
    if (engine.db.capabilities.concurrentTransactions) {
      const [written, held] = [gate(), gate()];
      const long = store.transaction(async (inside) => {
        await inside.turns.save({ messages: say(1, 'long in coming') });
        written.resolve();
        await held.promise;
      });
      await written.promise;
      await later();
      held.resolve();
      await long;
      expect(await pending()).toBe(1);
    } else await later();
    await catchUp(engine, tenantId, settings);
    expect(await pending()).toBe(0);
    expect(await vectors()).toHaveLength(engine.db.capabilities.concurrentTransactions ? 302 : 301);
    // It was the events that told: the walk is not due before tomorrow.
    const space = await engine.models.EmbeddingSpace.findOne({ where: { tenantId }, rejectOnEmpty: true });
    expect(space.walkDueAt.getTime()).toBeGreaterThan(Date.now() + 3600_000);
  });
});
