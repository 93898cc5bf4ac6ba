import { expect, it } from 'vitest';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

type Hit = { message: { id: string; seq: number; content: string; role: string; truncated?: boolean }; snippet: string; score: number };

const say = (agent: Agent, texts: readonly string[], turn: Record<string, unknown> = {}) =>
  agent.call('save_turn', { ...turn, messages: texts.map((content, at) => ({ role: at % 2 ? 'assistant' : 'user', content })) });
const contents = ({ hits }: { hits: Hit[] }): string[] => hits.map(({ message }) => message.content);

describeEngines('search_messages', (engine) => {
  const newAgent = async (who: { user?: string; tenantId?: string } = {}) =>
    agentFor(engine, { tenantId: who.tenantId ?? (await engine.freshTenant()), ...(who.user ? { user: who.user } : {}) });

  it('finds a message by any of its words in any form, marks them and says where it is', async () => {
    await using agent = await newAgent();
    const { conversation_id, messages } = await say(agent, ['The boats were sailing past the lighthouse.', 'Lovely!'], { title: 'At sea' });
    await say(agent, ['We cooked soup.']);
    const found = await agent.call('search_messages', { query: 'who sails a boat to the moon' });
    expect(found).toMatchObject({
      hits: [
        {
          message: { id: messages[0].id, conversation_id, seq: 1, content: 'The boats were sailing past the lighthouse.' },
          conversation: { id: conversation_id, title: 'At sea' },
          snippet: 'The «boats» were «sailing» past the lighthouse.',
          before: [],
          after: [],
        },
      ],
      next_cursor: null,
      search: { mode_used: 'text', degraded: false },
    });
    expect(found.hits[0].score).toBeGreaterThan(0);
    const text = await agent.text('search_messages', { query: 'sails a boat' });
    for (const part of [messages[0].id, conversation_id, 'At sea', '«boats»']) expect(text).toContain(part);
  });

  it('finds what answers a question without its words, in hybrid mode only', async () => {
    await using agent = await newAgent();
    await say(agent, ['Where did you go sailing last summer?', 'Around Corfu, with my sister.']);
    const search = async (query: string, mode?: string) =>
      contents(await agent.call('search_messages', { query, ...(mode ? { mode } : {}) }));
    const both = ['Where did you go sailing last summer?', 'Around Corfu, with my sister.'];
    expect((await search('where did she go sailing?')).sort()).toEqual(both.toSorted());
    expect(await search('where did she go sailing?', 'text')).toEqual(both.slice(0, 1));
    expect(await search('sailing')).toEqual(both.slice(0, 1));
  });

  it('sees what was just saved, and edits; and no longer what was deleted', async () => {
    await using agent = await newAgent();
    const { messages } = await say(agent, ['A heron stood there.']);
    const message_id = messages[0].id;
    expect(contents(await agent.call('search_messages', { query: 'heron' }))).toHaveLength(1);
    await agent.call('edit_message', { message_id, content: 'An egret stood there.' });
    expect(contents(await agent.call('search_messages', { query: 'heron' }))).toEqual([]);
    expect(contents(await agent.call('search_messages', { query: 'egret' }))).toEqual(['An egret stood there.']);
    await agent.call('delete_message', { message_id });
    expect(contents(await agent.call('search_messages', { query: 'egret' }))).toEqual([]);
  });

  it('keeps to conversation, user, roles and time', async () => {
    await using agent = await newAgent();
    const first = await say(agent, ['one walnut', 'two walnuts'], { user: 'ann' });
    await agent.call('save_turn', { user: 'bob', messages: [{ role: 'user', content: 'old walnut', created_at: '2024-05-01T12:00:00Z' }] });
    const search = async (filter: object) => contents(await agent.call('search_messages', { query: 'walnut', ...filter })).sort();
    expect(await search({})).toEqual(['old walnut', 'one walnut', 'two walnuts']);
    expect(await search({ conversation_id: first.conversation_id })).toEqual(['one walnut', 'two walnuts']);
    expect(await search({ user: 'bob' })).toEqual(['old walnut']);
    expect(await search({ user: 'nobody' })).toEqual([]);
    expect(await search({ roles: ['assistant'] })).toEqual(['two walnuts']);
    expect(await search({ before: '2024-05-01T12:00:00Z' })).toEqual(['old walnut']);
    expect(await search({ after: '2024-05-01T12:00:00.001Z' })).toEqual(['one walnut', 'two walnuts']);
  });

  it('takes phrases and exclusions', async () => {
    await using agent = await newAgent();
    await say(agent, ['a white house on the hill', 'the house is white', 'a white house with a garden']);
    const search = async (query: string) => contents(await agent.call('search_messages', { query })).sort();
    expect(await search('white house')).toHaveLength(3);
    expect(await search('"white house"')).toEqual(['a white house on the hill', 'a white house with a garden']);
    expect(await search('"white houses" -gardens')).toEqual(['a white house on the hill']);
    expect(await search('house -"white house"')).toEqual(['the house is white']);
  });

  it('answers nothing, clearly, where there is nothing to look for', async () => {
    await using agent = await newAgent();
    await say(agent, ['the of and']);
    for (const query of ['the of and', '-boat', '...!?', '""']) {
      const found = await agent.call('search_messages', { query });
      expect(found).toMatchObject({ hits: [], next_cursor: null, search: { note: expect.stringContaining('no word to look for') } });
    }
    expect(await agent.text('search_messages', { query: 'zeppelin' })).toMatch(/^Nothing found/);
  });

  it('takes any text as words, whatever it means to a query parser', async () => {
    await using agent = await newAgent();
    await say(agent, ["O'Neill's C:\\path & (a|b) !x <-> y:*"]);
    for (const query of [
      "O'Neill & | ! ( ) : * <->",
      "'; drop table messages; --",
      'C:\\path \\',
      "o''neill \\' '",
      ':* & !',
      '"O\'Neill" \\',
    ]) {
      await agent.call('search_messages', { query });
    }
    expect(contents(await agent.call('search_messages', { query: "O'Neill" }))).toHaveLength(1);
    expect(await agent.refusal('search_messages', { query: 'x'.repeat(2001) })).toMatch(/query/);
    expect(await agent.refusal('search_messages', { query: '  ' })).toMatch(/query/);
    expect(await agent.refusal('search_messages', { query: 'x', limit: 51 })).toMatch(/limit/);
    expect(await agent.refusal('search_messages', { query: 'x', context_turns: 6 })).toMatch(/context_turns/);
    expect(await agent.refusal('search_messages', { query: 'x', roles: ['robot'] })).toMatch(/roles/);
  });

  it('refuses semantic search and says what there is', async () => {
    await using agent = await newAgent();
    expect(await agent.refusal('search_messages', { query: 'x', mode: 'semantic' })).toMatch(/embedding provider.*hybrid/s);
    expect((await agent.call('search_messages', { query: 'x', mode: 'text' })).search.mode_used).toBe('text');
  });

  it('pages through every hit once, though more is saved meanwhile', async () => {
    await using agent = await newAgent();
    const texts = Array.from({ length: 60 }, (_, at) => `pebble ${'beach '.repeat(at % 4)}${at % 7 ? '' : 'tide'} number${at}`);
    await say(agent, texts);
    const query = { query: 'pebble beach tide', limit: 7 };
    const whole = await agent.call('search_messages', { ...query, limit: 50 });
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await agent.call('search_messages', { ...query, ...(cursor ? { cursor } : {}) });
      seen.push(...page.hits.map((hit: Hit) => hit.message.id));
      if (page.next_cursor === null) break;
      cursor = page.next_cursor;
      await say(agent, ['tide pebble beach tide', 'beach beach']);
    }
    expect(new Set(seen).size).toBe(60);
    expect(seen).toHaveLength(60);
    expect(seen.slice(0, 50)).toEqual(whole.hits.map((hit: Hit) => hit.message.id));
  });

  it('refuses a cursor of another query or another list', async () => {
    await using agent = await newAgent();
    await say(agent, ['fern one', 'fern two']);
    await say(agent, ['fern three']);
    const { next_cursor: cursor } = await agent.call('search_messages', { query: 'fern', limit: 1 });
    const other = await agent.call('list_conversations', { limit: 1 });
    expect(await agent.refusal('search_messages', { query: 'ferns', limit: 1, cursor })).toMatch(/other arguments/);
    expect(await agent.refusal('search_messages', { query: 'fern', roles: ['user'], cursor })).toMatch(/other arguments/);
    expect(await agent.refusal('search_messages', { query: 'fern', cursor: other.next_cursor })).toMatch(/another list/);
    expect(await agent.refusal('search_messages', { query: 'fern', cursor: 'made-up' })).toMatch(/not one that was handed out/);
    expect(contents(await agent.call('search_messages', { query: 'fern', limit: 2, cursor }))).toHaveLength(2);
  });

  it('brings whole turns around a hit, in order, without what was deleted', async () => {
    await using agent = await newAgent();
    const texts = Array.from({ length: 14 }, (_, at) => (at === 6 ? 'the kingfisher' : `line ${at}`));
    const { conversation_id, messages } = await say(agent, texts);
    await agent.call('delete_message', { message_id: messages[5].id });
    const around = async (context_turns: number) => {
      const { hits } = await agent.call('search_messages', { query: 'kingfisher', context_turns });
      const seqs = (side: { seq: number }[]) => side.map(({ seq }) => seq);
      return [seqs(hits[0].before), seqs(hits[0].after)];
    };
    expect(await around(0)).toEqual([[], []]);
    expect(await around(1)).toEqual([[5], [8, 9, 10]]);
    expect(await around(2)).toEqual([
      [3, 4, 5],
      [8, 9, 10, 11, 12],
    ]);
    const text = await agent.text('search_messages', { query: 'kingfisher', context_turns: 1, conversation_id });
    expect(text).toMatch(/before:.*line 4[\s\S]*after:.*line 7/);
  });

  it('cannot flood its reader', async () => {
    await using agent = await newAgent();
    const long = `gravel ${'Ünïcödé words without end 😀 '.repeat(600)}`;
    for (let turn = 0; turn < 5; turn += 1)
      await say(
        agent,
        Array.from({ length: 10 }, () => long),
      );
    const args = { query: 'gravel', limit: 50, context_turns: 5 };
    const found = await agent.call('search_messages', args);
    expect(found.hits).toHaveLength(50);
    expect(found.hits.every((hit: Hit) => hit.message.truncated)).toBe(true);
    expect(JSON.stringify(found).length).toBeLessThan(500_000);
    expect(Buffer.byteLength(await agent.text('search_messages', args))).toBeLessThan(20_500);
    for (const { snippet } of found.hits) expect(snippet).toMatch(/^«gravel» [^\p{Surrogate}]*$/u);
  });

  it('works in the language of the tenant', async () => {
    const tenantId = await engine.freshTenant();
    await engine.models.Tenant.update({ textSearchConfig: 'german' }, { where: { id: tenantId } });
    await using agent = await newAgent({ tenantId });
    await say(agent, ['Die Häuser am Hafen sind sehr alt.']);
    const { hits } = await agent.call('search_messages', { query: 'das Haus' });
    expect(hits[0].snippet).toBe('Die «Häuser» am Hafen sind sehr alt.');
  });

  it('shows nothing of another tenant or another user', async () => {
    const tenantId = await engine.freshTenant();
    await using ann = await newAgent({ tenantId, user: 'ann' });
    await using bob = await newAgent({ tenantId, user: 'bob' });
    await using stranger = await newAgent();
    const { conversation_id, messages } = await say(ann, ['my secret orchid', 'noted']);
    for (const intruder of [bob, stranger]) {
      expect((await intruder.call('search_messages', { query: 'orchid', context_turns: 5 })).hits).toEqual([]);
      const refused = await intruder.refusal('search_messages', { query: 'orchid', conversation_id });
      expect(refused).toMatch(/No conversation/);
    }
    expect(await bob.refusal('search_messages', { query: 'orchid', user: 'ann' })).toMatch(/one user only/);
    expect((await ann.call('search_messages', { query: 'orchid', user: 'ann' })).hits[0].message.id).toBe(messages[0].id);
  });

  it('puts the message with the rare word first, where ts_rank does not', async () => {
    await using agent = await newAgent();
    const rare = [
      'violin',
      'glacier',
      'saffron',
      'compass',
      'walrus',
      'marble',
      'cactus',
      'falcon',
      'copper',
      'pigeon',
      'lantern',
      'barley',
    ];
    const noise = Array.from({ length: 60 }, (_, at) => `We go there every time, and time after time we go to see it ${at}.`);
    await say(agent, [...noise.slice(0, 30), ...rare.map((word) => `The ${word} was lovely.`), ...noise.slice(30)]);
    const reciprocal = (ranked: string[], word: string) =>
      1 / (1 + ranked.findIndex((text) => text.includes(word)) || Number.POSITIVE_INFINITY);
    const byRank = async (query: string) => {
      const rows = await engine.db.query<{ text: string }>(
        {
          name: 'test_ts_rank',
          text: `select m.text from messages m, cast(replace(plainto_tsquery('english', $2)::text, ' & ', ' | ') as tsquery) q
                 where m.tenant_id = $1 and m.search @@ q order by ts_rank(m.search, q) desc, m.seq limit 50`,
        },
        [agent.tenantId, query],
      );
      return rows.map(({ text }) => text);
    };
    let ours = 0;
    let theirs = 0;
    for (const word of rare) {
      const query = `what time did we go to see the ${word}`;
      ours += reciprocal(contents(await agent.call('search_messages', { query, limit: 50 })), word);
      theirs += reciprocal(await byRank(query), word);
    }
    expect(ours / rare.length).toBe(1);
    expect(theirs / rare.length).toBeLessThan(0.2);
  });

  it('ranks the same where common words are sampled and not counted', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await newAgent({ tenantId });
    await using ann = await newAgent({ tenantId, user: 'ann' });
    const noise = (turn: number) =>
      Array.from({ length: 100 }, (_, at) => (at % 3 ? `A quiet day ${at}.` : `We go there every time, time ${turn}.`));
    await say(ann, ['My violin goes with me.', 'We go home.', ...noise(0).slice(2)]);
    for (let turn = 1; turn < 52; turn += 1) await say(agent, noise(turn));
    await say(agent, ['The glacier was lovely, time to go.', 'No glacier.']);
    const search = async (who: Agent, query: string) => contents(await who.call('search_messages', { query, limit: 3 }));
    expect((await search(agent, 'what time did we go to the glacier')).slice(0, 2)).toEqual([
      'The glacier was lovely, time to go.',
      'No glacier.',
    ]);
    expect((await search(agent, 'what time did we go to see a violin'))[0]).toBe('My violin goes with me.');
    expect((await search(ann, 'what time did we go to see a violin'))[0]).toBe('My violin goes with me.');
    // Nothing but common words: still the best of them, and as many as a page can hold.
    expect(await search(agent, 'time')).toHaveLength(3);
    expect((await agent.call('search_messages', { query: 'go glacier', limit: 50 })).hits).toHaveLength(50);
  });
});
