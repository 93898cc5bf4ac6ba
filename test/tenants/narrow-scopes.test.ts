import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { type Scope, scopesOf } from '../../src/principal.js';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines, type TestEngine } from '../support/engines.js';
import { type Populated, populate } from '../support/person.js';
import { storeFor } from '../support/store.js';

async function world(engine: TestEngine, ...scopes: Scope[]): Promise<{ agent: Agent; person: Populated; tenantId: string }> {
  const tenantId = await engine.freshTenant();
  const person = await populate(engine, { tenantId, user: `someone-${randomUUID()}` });
  await using all = await agentFor(engine, { tenantId });
  await all.call('graph_upsert', { nodes: [{ key: 'Shared', observations: [`tells of ${person.marker}`] }] });
  return { agent: await agentFor(engine, { tenantId, scopes: new Set(scopes) }), person, tenantId };
}

const SOURCES = [
  ['memories', 'memories:read'],
  ['messages', 'conversations:read'],
  ['graph', 'graph:read'],
] as const;

describeEngines('a token with fewer scopes', (engine) => {
  it.each(SOURCES)('recalls %s only with %s', async (source, scope) => {
    const { agent, person } = await world(engine, 'memories:read', scope);
    await using _ = agent;
    const readable = [...new Set(['memories', source])].sort();
    const { hits } = await agent.call('recall', { query: person.marker, limit: 50 });
    expect([...new Set(hits.map((hit: { source: string }) => hit.source))].sort()).toEqual(readable);
    for (const [other] of SOURCES.filter(([name]) => !readable.includes(name)))
      expect(await agent.refusal('recall', { query: person.marker, sources: [other] })).toMatch(/^forbidden/);
  });

  it('gets of a context the parts that it may read, and is not told of the others', async () => {
    const { agent, person } = await world(engine, 'memories:read');
    await using _ = agent;
    const pack = await agent.call('get_context', { conversation_id: person.conversation, query: person.marker, user: person.externalId });
    expect(pack).toMatchObject({ profile: null, summary: null, tasks: [], recent: [], facts: [] });
    expect(new Set(pack.memories.map(({ source }: { source: string }) => source))).toEqual(new Set(['memories']));
    const missing = await agent.call('get_context', { conversation_id: randomUUID(), query: person.marker, user: person.externalId });
    expect(missing).toEqual(pack);
  });

  it('lists the resources of its scopes alone', async () => {
    const { agent } = await world(engine, 'memories:read');
    await using _ = agent;
    const { resources } = await agent.client.listResources();
    expect(resources.length).toBeGreaterThan(0);
    expect(resources.filter(({ uri }) => !uri.startsWith('memory://memories/'))).toEqual([]);
  });

  it('is suggested nothing that it may not read, even where the argument is offered', async () => {
    const ref = { type: 'ref/prompt' as const, name: 'review_memories' };
    const complete = async ({ client }: Agent) => (await client.complete({ ref, argument: { name: 'user', value: '' } })).completion.values;
    const { agent: narrow, person, tenantId } = await world(engine, 'memories:read');
    await using _ = narrow;
    expect(await complete(narrow)).toEqual([]);
    await using wider = await agentFor(engine, { tenantId, scopes: new Set<Scope>(['memories:read', 'users:read']) });
    expect(await complete(wider)).toContain(person.externalId);
  });

  it('writes memories without being shown those of others', async () => {
    const { agent, person, tenantId } = await world(engine, 'memories:write');
    await using _ = agent;
    const about = { content: `likes coffee ${person.marker} very much`, user: person.externalId };
    const stored = await agent.call('remember', about);
    expect(stored).toMatchObject({ created: true, similar: [] });
    const forgotten = await agent.call('forget', { filter: { user: person.externalId }, dry_run: true });
    expect(forgotten.counts.affected).toBeGreaterThan(1);
    expect(JSON.stringify(forgotten)).not.toContain(person.marker);
    await using reader = await agentFor(engine, { tenantId });
    expect((await reader.call('remember', { ...about, content: `${about.content} indeed` })).similar).not.toEqual([]);
    expect(JSON.stringify(await reader.call('forget', { filter: { user: person.externalId }, dry_run: true }))).toContain(person.marker);
  });
});

describeEngines('roles', (engine) => {
  it('make nobody an administrator who acts for one user', async () => {
    const tenantId = await engine.freshTenant();
    for (const role of ['admin', 'system'] as const)
      await expect(storeFor(engine.db, { tenantId, user: 'someone', role })).rejects.toMatchObject({ code: 'forbidden' });
    const scopes = scopesOf('admin');
    await expect(storeFor(engine.db, { tenantId, user: 'someone', role: 'user', scopes })).rejects.toMatchObject({ code: 'forbidden' });
    expect(await engine.models.User.count({ where: { tenantId } })).toBe(0);
  });

  it('let nobody lift the legal hold of their own conversation, but place it', async () => {
    const tenantId = await engine.freshTenant();
    await using self = await agentFor(engine, { tenantId, user: 'someone' });
    await using service = await agentFor(engine, { tenantId });
    const { conversation_id } = await self.call('save_turn', { messages: [{ role: 'user', content: 'hello' }] });
    await self.call('update_conversation', { conversation_id, legal_hold: true });
    expect(await self.refusal('update_conversation', { conversation_id, legal_hold: false })).toMatch(/^forbidden/);
    expect(await self.refusal('delete_conversation', { conversation_id })).toMatch(/^conflict/);
    await service.call('update_conversation', { conversation_id, legal_hold: false });
    await self.call('delete_conversation', { conversation_id });
  });
});
