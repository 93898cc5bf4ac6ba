import { expect, it } from 'vitest';
import { answerWith, EmbeddingServer, type Respond, status } from '../embeddings/server.js';
import { catchUp, settingsOf } from '../embeddings/world.js';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

type Hit = { source: string; text: string; why: Record<string, number> };

/** Words that no thesaurus and no stem brings together. */
const CONCEPTS = [
  ['brelk', 'quistrup'],
  ['vantod', 'myrsen'],
];
const meaning: Respond = (request, response) =>
  answerWith(
    response,
    request.input.map((text, index) => ({
      index,
      embedding: [...CONCEPTS.map((words) => (words.some((word) => text.includes(word)) ? 1 : 0)), 0.05],
    })),
  );

describeEngines('recall with an embedding provider', (engine) => {
  async function world(user?: string) {
    const tenantId = await engine.freshTenant();
    const server = await EmbeddingServer.start(meaning);
    const settings = settingsOf(server);
    const agent = await agentFor(engine, { tenantId, embeddings: settings, ...(user === undefined ? {} : { user }) });
    return {
      tenantId,
      server,
      agent,
      embedded: () => catchUp(engine, tenantId, settings),
      async [Symbol.asyncDispose]() {
        await agent[Symbol.asyncDispose]();
        await server.down();
      },
    };
  }
  const say = (...contents: string[]) => ({ messages: contents.map((content) => ({ role: 'user', content })) });

  it('finds messages, memories and nodes that share no word with the question, and says by what', async () => {
    await using world_ = await world();
    const { agent, embedded } = world_;
    await agent.call('save_turn', say('We keep a quistrup in the shed.'));
    await agent.call('save_turn', say('The myrsen is broken.'));
    await agent.call('remember', { content: 'A quistrup eats at noon.' });
    await agent.call('remember', { content: 'A myrsen costs ten crowns.' });
    await agent.call('graph_upsert', {
      nodes: [
        { key: 'Otto', type: 'pet', observations: ['Otto is a quistrup.'] },
        { key: 'Ines', type: 'firm', observations: ['Ines sells each myrsen.'] },
      ],
    });
    await embedded();

    const { hits, search } = await agent.call('recall', { query: 'brelk', explain: true });
    expect(search).toEqual({ mode_used: 'hybrid', degraded: false });
    expect(new Set(hits.slice(0, 3).map(({ source }: Hit) => source))).toEqual(new Set(['messages', 'memories', 'graph']));
    for (const { text, why } of hits.slice(0, 3) as Hit[]) {
      expect(text).toContain('quistrup');
      expect(why.vector_rank).toBeGreaterThan(0);
      expect(why.text_rank).toBe(0);
    }
    const searched = await agent.call('search_messages', { query: 'brelk', mode: 'semantic', limit: 1 });
    expect(searched).toMatchObject({
      search: { mode_used: 'semantic' },
      hits: [{ message: { content: 'We keep a quistrup in the shed.' } }],
    });
    expect(await agent.call('search_messages', { query: 'brelk', mode: 'text' })).toMatchObject({ hits: [] });
  });

  it('answers by words and says so while the provider is away, and by meaning when it is back', async () => {
    await using world_ = await world();
    const { agent, server, embedded } = world_;
    await agent.call('save_turn', say('We keep a quistrup in the shed.'));
    await embedded();
    server.respond = status(500);
    const away = await agent.call('recall', { query: 'shed' });
    expect(away).toMatchObject({ hits: [{ text: 'We keep a quistrup in the shed.' }], search: { mode_used: 'text', degraded: true } });
    expect(away.search.reason).toMatch(/HTTP 500/);
    server.respond = meaning;
    await expect
      .poll(async () => (await agent.call('recall', { query: 'a brelk?' })).hits.length, { timeout: 15_000, interval: 200 })
      .toBeGreaterThan(0);
  });

  it('finds by meaning what a user may see, and nothing of another user or tenant', async () => {
    await using mine = await world('ada');
    await using service = await agentFor(engine, { tenantId: mine.tenantId });
    await using foreign = await world();
    await service.call('save_turn', { ...say('Bob has a quistrup.'), user: 'bob' });
    await service.call('remember', { content: 'Bob feeds the quistrup.', user: 'bob' });
    await foreign.agent.call('save_turn', say('A quistrup elsewhere.'));
    await mine.embedded();
    await foreign.embedded();
    expect((await mine.agent.call('recall', { query: 'brelk' })).hits).toEqual([]);
    await mine.agent.call('save_turn', say('My quistrup sleeps.'));
    await mine.embedded();
    const { hits } = await mine.agent.call('recall', { query: 'brelk' });
    expect(hits.map(({ text }: Hit) => text)).toEqual(['My quistrup sleeps.']);
  });
});
