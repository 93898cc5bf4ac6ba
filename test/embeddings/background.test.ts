import { expect, it } from 'vitest';
import { EmbeddingQueue } from '../../src/repository/vectors/embedding-queue.js';
import { describeEngines } from '../support/engines.js';
import { gate } from '../support/gate.js';
import { answer, answerWith, EmbeddingServer, items, type Respond, status } from './server.js';
import { catchUp, processOf, say, settingsOf, until, worldOf } from './world.js';

describeEngines('embedding in the background', (engine) => {
  const world = () => worldOf(engine);

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
        written.open();
        await held.opened;
      });
      await written.opened;
      await later();
      held.open();
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
