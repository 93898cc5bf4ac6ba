import { expect, it } from 'vitest';
import { agentFor } from '../support/agent.js';
import { NO_EMBEDDINGS } from '../support/embeddings.js';
import { describeEngines } from '../support/engines.js';
import { gate } from '../support/gate.js';
import { answer, answerWith, EmbeddingServer, items, silence, status } from './server.js';
import { catchUp, processOf, say, settingsOf, until, worldOf } from './world.js';

describeEngines('search by meaning', (engine) => {
  const world = () => worldOf(engine);

  it('keeps the earlier model answering until the new one has everything, with what is said meanwhile, and then removes it', async () => {
    const { tenantId, store, pending, vectors } = await world();
    await using server = await EmbeddingServer.start();
    await store.turns.save({ messages: say(30) });
    await catchUp(engine, tenantId, settingsOf(server));

    const started = gate();
    // The new model is wider, and embeds nothing of what is stored until it is let.
    server.respond = async (request, response) => {
      if (request.model === 'second' && request.input.some((text) => text.includes('number'))) await started.opened;
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
    started.open();
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
});
