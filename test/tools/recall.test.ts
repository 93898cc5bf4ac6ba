import { expect, it } from 'vitest';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

type Hit = { id: string; source: string; text: string; score: number; author?: string; why: Record<string, number> };
type Line = { role?: string; author?: string; content: string; created_at?: string };

const texts = ({ hits }: { hits: Hit[] }): string[] => hits.map(({ text }) => text);
const say = (agent: Agent, lines: readonly (string | Line)[], turn: Record<string, unknown> = {}) =>
  agent.call('save_turn', {
    ...turn,
    messages: lines.map((line, at) => ({ role: at % 2 ? 'assistant' : 'user', ...(typeof line === 'string' ? { content: line } : line) })),
  });
const day = (date: string, time = '10:00') => ({ created_at: `${date}T${time}:00Z` });

describeEngines('recall', (engine) => {
  const newAgent = async (who: { user?: string; tenantId?: string; clock?: () => Date } = {}) =>
    agentFor(engine, { ...who, tenantId: who.tenantId ?? (await engine.freshTenant()) });

  it('finds an answer that has none of the words, after the question that has them', async () => {
    await using agent = await newAgent();
    await say(agent, ['Where did you spend your holidays this summer?', 'On a farm in Brittany.']);
    await say(agent, ['I like holidays.', 'So do I.']);
    const found = await agent.call('recall', { query: 'Where were the summer holidays spent?' });
    expect(texts(found).slice(0, 2)).toEqual(['Where did you spend your holidays this summer?', 'On a farm in Brittany.']);
    expect(found).toMatchObject({ next_cursor: null, dropped: 0, search: { mode_used: 'text', degraded: false } });
    expect(found.total_tokens).toBeGreaterThan(0);
  });

  it('looks for neighbours within a stretch of a conversation only', async () => {
    await using agent = await newAgent();
    await say(agent, [
      { content: 'The zeppelin landed.', ...day('2026-01-01') },
      { content: 'How exciting!', ...day('2026-01-01', '10:01') },
      { content: 'Good morning.', ...day('2026-01-02') },
    ]);
    await say(agent, ['Hello there.']);
    expect(texts(await agent.call('recall', { query: 'zeppelin' }))).toEqual(['The zeppelin landed.', 'How exciting!']);
  });

  it('prefers what the person said who is named', async () => {
    await using agent = await newAgent();
    await say(agent, [
      { author: 'Melanie', content: 'I painted a sunrise.' },
      { author: 'Caroline Smith', content: 'I painted a sunrise.' },
    ]);
    const first = async (query: string) => (await agent.call('recall', { query, explain: true })).hits[0];
    expect(await first("What is Caroline's painting of?")).toMatchObject({ author: 'Caroline Smith', why: { person: 2.3 } });
    expect(await first('What did melanie paint?')).toMatchObject({ author: 'Melanie', why: { person: 2.3 } });
    expect((await first('What did Caroline and Melanie paint?')).why.person).toBe(0);
  });

  it('takes the display name of a user for the author of what the user said', async () => {
    await using agent = await newAgent();
    await agent.call('upsert_user_profile', { user: 'u1', display_name: 'Ingrid' });
    await say(agent, ['We went fishing.', 'Fishing again!'], { user: 'u1' });
    const { hits } = await agent.call('recall', { query: 'Did Ingrid go fishing?', explain: true });
    expect(hits[0]).toMatchObject({ text: 'We went fishing.', author: 'Ingrid', user: 'u1', why: { person: 2.3 } });
  });

  it('understands times relative to the clock of the call', async () => {
    await using agent = await newAgent({ clock: () => new Date('2026-03-18T12:00:00Z') });
    const dates = ['2026-01-12', '2026-03-11', '2026-03-17'];
    for (const date of dates) await say(agent, [{ content: `I went swimming.`, ...day(date) }]);
    const first = async (query: string) => (await agent.call('recall', { query })).hits[0].occurred_at.slice(0, 10);
    expect(await first('Where did I go swimming last week?')).toBe('2026-03-11');
    expect(await first('Where did I go swimming yesterday?')).toBe('2026-03-17');
    expect(await first('Where did I go swimming in January?')).toBe('2026-01-12');
  });

  it('finds what there was at a time that is all a question asks about, and only then', async () => {
    const tenantId = await engine.freshTenant();
    const clock = () => new Date('2026-03-18T12:00:00Z');
    await using agent = await newAgent({ tenantId, clock });
    await agent.call('upsert_user_profile', { user: 'ann', display_name: 'Ann' });
    const older = await say(agent, [{ content: 'The heating is broken.', ...day('2026-02-02') }], { user: 'ann' });
    await say(agent, [{ content: 'I rode my bicycle to Delft.', ...day('2026-03-11') }], { user: 'ann' });
    await say(agent, [{ content: 'Bought a canoe.', ...day('2026-03-12') }], { user: 'bob' });
    const marathon = { content: 'Ann ran a marathon.', user: 'ann', occurred_at: '2026-03-14T08:00:00Z' };
    await agent.call('remember', marathon);
    await agent.call('remember', { content: 'Goulash needs paprika.', user: 'ann', occurred_at: '2025-03-14T08:00:00Z' });
    const found = async (query: string, filter = {}) => texts(await agent.call('recall', { query, ...filter })).sort();
    const lastWeek = ['Ann ran a marathon.', 'Bought a canoe.', 'I rode my bicycle to Delft.'];
    expect(await found('What happened last week?')).toEqual(lastWeek);
    expect(await found('What did we talk about last week?', { sources: ['messages'] })).toEqual(lastWeek.slice(1));
    expect(await found('What did Ann do last week?', { user: 'ann' })).toEqual([lastWeek[0], lastWeek[2]]);
    expect(await found('in February 2026', { conversation_id: older.conversation_id })).toEqual(['The heating is broken.']);
    expect(await found('last week', { conversation_id: older.conversation_id })).toEqual([]);
    expect(await found('last week', { after: '2026-03-12T00:00:00Z' })).toEqual(lastWeek.slice(0, 2));
    expect(await found('What happened the day before yesterday?')).toEqual([]);
    expect(await found('Who repaired the roof last week?')).toEqual([]);
    await using ann = await newAgent({ tenantId, user: 'ann', clock });
    expect(texts(await ann.call('recall', { query: 'What did I do last week?' })).sort()).toEqual([lastWeek[0], lastWeek[2]]);
    const [hit] = (await agent.call('recall', { query: 'yesterday or on 2026-03-12', explain: true })).hits;
    expect(hit).toMatchObject({ text: 'Bought a canoe.', why: { date: 6, text_rank: 0 } });
    // A search box finds words, unless it is asked a question.
    const search = async (query: string) => (await agent.call('search_messages', { query })).hits.length;
    expect([await search('last week'), await search('What happened last week?')]).toEqual([0, 2]);
  });

  it('finds words whose accents are written as letters or as marks, by either', async () => {
    await using agent = await newAgent();
    for (const form of ['NFC', 'NFD'] as const) {
      await say(agent, [`Crème brûlée in Zürich, ${form}`.normalize(form)]);
      await agent.call('remember', { content: `Łukasz isst Käse, ${form}`.normalize(form) });
      await agent.call('graph_upsert', {
        nodes: [{ key: `Göteborg ${form}`.normalize(form), observations: ['Älvsborgsbron'.normalize(form)] }],
      });
    }
    const { messages } = await say(agent, ['placeholder']);
    await agent.call('edit_message', { message_id: messages[0].id, content: 'Señor'.normalize('NFD') });
    for (const form of ['NFC', 'NFD'] as const) {
      const count = async (query: string, source: string) =>
        (await agent.call('recall', { query: query.normalize(form), sources: [source] })).hits.length;
      expect([await count('brûlée', 'messages'), await count('Käse', 'memories'), await count('Älvsborgsbron', 'graph')]).toEqual([
        2, 2, 2,
      ]);
      expect(await count('Señor', 'messages')).toBe(1);
      const { hits } = await agent.call('search_messages', { query: '"Crème brûlée"'.normalize(form) });
      expect(hits.map(({ snippet }: { snippet: string }) => snippet.normalize())).toEqual([
        '«Crème» «brûlée» in Zürich, NFD',
        '«Crème» «brûlée» in Zürich, NFC',
      ]);
      expect((await agent.call('graph_query', { query: 'Göteborg'.normalize(form) })).nodes).toHaveLength(2);
      const dry = { filter: { query: 'Käse'.normalize(form) }, dry_run: true };
      expect((await agent.call('forget', dry)).counts.matched).toBe(2);
    }
  });

  it('keeps to what is asked for', async () => {
    await using agent = await newAgent();
    const { conversation_id } = await say(agent, [{ content: 'The walnut tree fell.', ...day('2026-01-05') }], { user: 'ann' });
    await say(agent, [{ content: 'A walnut cake.', ...day('2026-02-05') }], { user: 'bob' });
    await agent.call('remember', {
      content: 'Walnut allergy.',
      kind: 'fact',
      tags: ['health', 'food'],
      user: 'ann',
      occurred_at: '2026-01-10T00:00:00Z',
    });
    await agent.call('remember', {
      content: 'Likes walnut ice cream.',
      kind: 'preference',
      tags: ['food'],
      user: 'bob',
      occurred_at: '2026-02-10T00:00:00Z',
    });
    const recall = async (filter: object) => texts(await agent.call('recall', { query: 'walnut', ...filter })).sort();
    const [tree, cake, allergy, ice] = ['The walnut tree fell.', 'A walnut cake.', 'Walnut allergy.', 'Likes walnut ice cream.'];
    expect(await recall({})).toEqual([cake, ice, tree, allergy]);
    expect(await recall({ sources: ['messages'] })).toEqual([cake, tree]);
    expect(await recall({ sources: ['memories'] })).toEqual([ice, allergy]);
    expect(await recall({ sources: ['graph'] })).toEqual([]);
    expect(await recall({ user: 'ann' })).toEqual([tree, allergy]);
    expect(await recall({ user: 'nobody' })).toEqual([]);
    expect(await recall({ conversation_id })).toEqual([tree]);
    expect(await recall({ kinds: ['preference'] })).toEqual([ice]);
    expect(await recall({ tags: ['health', 'food'] })).toEqual([ice, allergy]);
    expect(await recall({ tags: ['health', 'food'], tags_match: 'all' })).toEqual([allergy]);
    expect(await recall({ tags: ['sport'] })).toEqual([]);
    expect(await recall({ after: '2026-02-01T00:00:00Z' })).toEqual([cake, ice]);
    expect(await recall({ before: '2026-02-01T00:00:00Z' })).toEqual([tree, allergy]);
    expect(await recall({ as_of: '2026-01-07T00:00:00Z' })).toEqual([tree]);
  });

  it('finds nodes of the graph, for those who read for everybody', async () => {
    const tenantId = await engine.freshTenant();
    const key = 'Café Walnut';
    const id = '01900000-0000-7000-8000-000000000001';
    await engine.models.MemoryGraphNode.create({ tenantId, id, key, label: key, type: 'place', search: "'walnut':1" });
    await engine.models.CorpusChange.create({ tenantId, source: 'node', subjectId: id, userId: null, removed: null });
    await using agent = await newAgent({ tenantId });
    await using bound = await newAgent({ tenantId, user: 'ann' });
    expect((await agent.call('recall', { query: 'walnut' })).hits).toMatchObject([{ source: 'graph', title: key, text: `${key}: place` }]);
    expect((await bound.call('recall', { query: 'walnut' })).hits).toEqual([]);
  });

  it('explains every score as the sum of its parts', async () => {
    await using agent = await newAgent();
    await say(agent, [
      { author: 'Ann', content: 'When did the harbour festival begin?' },
      'On the 3rd of May.',
      'The festival was lovely.',
    ]);
    await agent.call('remember', { content: 'The harbour festival begins in May.', importance: 1 });
    const { hits } = await agent.call('recall', { query: 'When did Ann say the harbour festival begins?', explain: true });
    expect(hits).toHaveLength(4);
    for (const { score, why } of hits as Hit[]) {
      expect(Object.values(why).reduce((sum, part) => sum + part, 0)).toBeCloseTo(score, 3);
      expect(why).toMatchObject({ text_rank: expect.any(Number), vector_rank: 0 });
    }
    expect((await agent.call('recall', { query: 'harbour' })).hits[0]).not.toHaveProperty('why');
  });

  it('finds a word by its neighbours in meaning', async () => {
    await using agent = await newAgent();
    await say(agent, ['We have a new puppy.', 'Sweet!']);
    await say(agent, ['We have a new lawnmower.', 'Loud!']);
    const { hits } = await agent.call('recall', { query: 'Which new dog do we have?', explain: true });
    expect(hits[0].text).toBe('We have a new puppy.');
  });

  it('pages through one ranking, though more is written meanwhile', async () => {
    await using agent = await newAgent();
    await say(
      agent,
      Array.from({ length: 40 }, (_, at) => `pebble ${'beach '.repeat(at % 4)}${at % 7 ? '' : 'tide'} number${at}`),
    );
    await agent.call('remember', { content: 'A pebble from the beach.' });
    const query = { query: 'pebble beach tide', limit: 9 };
    const whole = await agent.call('recall', { ...query, limit: 50 });
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await agent.call('recall', { ...query, ...(cursor ? { cursor } : {}) });
      seen.push(...page.hits.map(({ id }: Hit) => id));
      if (page.next_cursor === null) break;
      cursor = page.next_cursor;
      await say(agent, ['tide pebble beach tide', 'beach beach']);
      await agent.call('remember', { content: `Pebble ${seen.length}` });
    }
    expect(seen).toEqual(whole.hits.map(({ id }: Hit) => id));
    expect(new Set(seen).size).toBe(41);
  });

  it('refuses a cursor of another call', async () => {
    await using agent = await newAgent();
    await say(agent, ['fern one', 'fern two', 'fern three']);
    const { next_cursor: cursor } = await agent.call('recall', { query: 'fern', limit: 1 });
    expect(await agent.refusal('recall', { query: 'ferns', limit: 1, cursor })).toMatch(/other arguments/);
    expect(await agent.refusal('recall', { query: 'fern', sources: ['messages'], cursor })).toMatch(/other arguments/);
    expect(await agent.refusal('search_messages', { query: 'fern', cursor })).toMatch(/another list/);
    expect(await agent.refusal('recall', { query: 'fern', cursor: 'made-up' })).toMatch(/not one that was handed out/);
  });

  it('never goes over max_tokens, and goes on where the budget ended', async () => {
    await using agent = await newAgent();
    await say(
      agent,
      Array.from({ length: 12 }, (_, at) => `fern number ${at} ${'leaf '.repeat(20)}`),
    );
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await agent.call('recall', { query: 'fern', max_tokens: 100, ...(cursor ? { cursor } : {}) });
      expect(page.total_tokens).toBeLessThanOrEqual(100);
      expect(page.hits.length + page.dropped).toBeLessThanOrEqual(10);
      seen.push(...page.hits.map(({ id }: Hit) => id));
      if (page.next_cursor === null) break;
      cursor = page.next_cursor;
    }
    expect(new Set(seen).size).toBe(12);
    const tiny = await agent.call('recall', { query: 'fern', max_tokens: 3 });
    expect(tiny).toMatchObject({ hits: [{ truncated: true }], dropped: 9 });
    expect(tiny.total_tokens).toBeLessThanOrEqual(3);
  });

  it('keeps its answer short, whatever is stored', async () => {
    await using agent = await newAgent();
    await say(
      agent,
      Array.from({ length: 50 }, (_, at) => `fern ${at} ${'x'.repeat(9000)}`),
    );
    const found = await agent.call('recall', { query: 'fern', limit: 50 });
    expect(found.hits).toHaveLength(50);
    expect(JSON.stringify(found.hits.map(({ text }: Hit) => text)).length).toBeLessThan(20_000);
    expect(Buffer.byteLength(await agent.text('recall', { query: 'fern', limit: 50 }))).toBeLessThan(21_000);
  });

  it('answers nothing where there is nothing to look for, and refuses bad input', async () => {
    await using agent = await newAgent();
    await say(agent, ['the of and']);
    for (const query of ['the of and', '...!?', 'zeppelin']) expect((await agent.call('recall', { query })).hits).toEqual([]);
    expect(await agent.text('recall', { query: 'zeppelin' })).toMatch(/^Nothing found/);
    expect(await agent.refusal('recall', { query: ' ' })).toMatch(/query/);
    expect(await agent.refusal('recall', { query: 'x', sources: [] })).toMatch(/sources/);
    expect(await agent.refusal('recall', { query: 'x', kinds: ['rumour'] })).toMatch(/kinds/);
    expect(await agent.refusal('recall', { query: 'x', as_of: 'soon' })).toMatch(/as_of/);
    expect(await agent.refusal('recall', { query: 'x', max_tokens: 0 })).toMatch(/max_tokens/);
    expect(await agent.refusal('recall', { query: 'x', tenant: 'y' })).toMatch(/tenant/);
  });

  it('counts how often a memory was recalled, without making the answer wait', async () => {
    const tenantId = await engine.freshTenant();
    const times = async () =>
      (await engine.models.EpisodicMemory.findAll({ where: { tenantId }, order: ['content'] })).map(({ accessCount }) => accessCount);
    {
      await using agent = await newAgent({ tenantId });
      await agent.call('remember', { content: 'Ann likes apples.' });
      await agent.call('remember', { content: 'The tractor is broken.' });
      for (const query of ['apples', 'apples', 'apples, the tractor']) await agent.call('recall', { query });
    }
    expect(await times()).toEqual([3, 1]);
  });
});
