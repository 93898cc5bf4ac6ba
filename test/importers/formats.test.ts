import { describe, expect, it } from 'vitest';
import { claude } from '../../src/services/importers/claude.js';
import { claudeCode } from '../../src/services/importers/claude-code.js';
import { IMPORTERS } from '../../src/services/importers/index.js';
import { langgraph } from '../../src/services/importers/langgraph.js';
import { mem0 } from '../../src/services/importers/mem0.js';
import { openai } from '../../src/services/importers/openai.js';
import { serverMemory } from '../../src/services/importers/server-memory.js';
import { fixture, readAll } from './read-fixture.js';

const ids = ({ messages }: { messages: readonly { id: string }[] }) => messages.map(({ id }) => id);

describe('what a file is', () => {
  const detected = (head: string) =>
    IMPORTERS.map(({ name, detect }) => ({ name, sure: detect(head) }))
      .filter(({ sure }) => sure > 0)
      .sort((a, b) => b.sure - a.sure)[0]?.name;

  it.each([
    ['chatgpt.json', 'chatgpt'],
    ['claude.json', 'claude'],
    ['claude-projects.json', 'claude'],
    ['claude-code.jsonl', 'claude-code'],
    ['openai.json', 'openai'],
    ['openai-many.jsonl', 'openai'],
    ['mem0.json', 'mem0'],
    ['langgraph.json', 'langgraph'],
  ])('%s is told by its content: %s', async (file, name) => {
    expect(detected((await fixture(file)).toString())).toBe(name);
  });

  it('is told of other forms of the same', () => {
    expect(detected('[{"role":"user","content":"hi"}]')).toBe('openai');
    expect(detected('[{"memory":"x","id":"1","user_id":"u"}]')).toBe('mem0');
    expect(detected('{"prefix":"a.b","key":"k","value":{}}\n')).toBe('langgraph');
    expect(detected('{"type": "entity", "name": "A", "entityType": "t", "observations": []}\n')).toBe('server-memory');
    expect(detected('{"type":"user","message":{"role":"user","content":"hi"},"uuid":"u","sessionId":"s"}\n')).toBe('claude-code');
    for (const nothing of ['', '[]', '{}', 'Dear diary', '[{"name":"role","content":1}]', '\u0000\u0001', '"mapping"'])
      expect(detected(nothing)).toBeUndefined();
  });
});

describe('the export of Claude', async () => {
  const { conversations, rejected } = await readAll(claude, await fixture('claude.json'));
  const [tree, branch, flat] = conversations;

  it('gives the conversation as it stands, and what was asked otherwise as a branch', () => {
    expect(ids(tree!)).toEqual(['m1', 'm2', 'm5', 'm6']);
    expect(branch).toMatchObject({ id: `${tree!.id}/m3`, partOf: tree!.id, metadata: { branched_after: 'm2' } });
    expect(ids(branch!)).toEqual(['m3', 'm4']);
    expect(rejected).toEqual([]);
  });

  it('gives the words of attachments, and links to files', () => {
    expect(tree!.messages[0]).toMatchObject({
      role: 'user',
      content: [{ type: 'document', text: 'Clause 7: notice period of ninety days.' }],
      assets: [{ name: 'scan.png', uri: 'urn:uuid:f11e0000-0000-4000-8000-00000000000a' }],
    });
    expect(flat!.messages[1]!.content).toContainEqual({ type: 'file', name: 'map.pdf' });
  });

  it('tells text, thoughts and tools apart, and says nothing of blocks that could not be shown', () => {
    const answer = tree!.messages[1]!;
    expect(answer).toMatchObject({
      toolCalls: [{ id: 'toolu_1', name: 'web_search', arguments: { query: 'usual notice period' } }],
      toolResults: [{ tool_call_id: 'toolu_1', content: 'Thirty days is usual.' }],
    });
    expect(JSON.stringify(answer)).not.toContain('not supported');
    expect(answer.content).toContainEqual({ type: 'thinking', thinking: 'The notice period is long.', summaries: [] });
  });

  it('reads flat conversations of old, in order', () => {
    expect(ids(flat!)).toEqual(['o1', 'o2']);
  });

  it('gives projects and what Claude keeps in mind as memories', async () => {
    const { memories, rejected } = await readAll(claude, await fixture('claude-projects.json'));
    expect(memories).toMatchObject([
      { id: 'project/p1', memoryKind: 'procedure', content: 'Always answer in metric units.', tags: ['Garden'] },
      { id: 'project/p1/d1', memoryKind: 'note', title: 'plan.md', content: 'The pond goes behind the shed.' },
    ]);
    expect(rejected).toMatchObject([{ where: 'entries[0].docs[1]' }]);
    const kept = JSON.stringify([
      { conversations_memory: 'Robin gardens.', project_memories: { p1: 'About the pond.' }, account_uuid: 'a' },
    ]);
    expect((await readAll(claude, kept)).memories.map(({ id, content }) => [id, content])).toEqual([
      ['memory/a', 'Robin gardens.'],
      ['memory/a/p1', 'About the pond.'],
    ]);
  });
});

describe('a session of Claude Code', async () => {
  const bytes = await fixture('claude-code.jsonl');
  const { conversations, rejected } = await readAll(claudeCode, bytes);
  const [session, agent] = conversations;

  it('gives its lines in order, answers of parallel tools among them, under its title', () => {
    expect(session).toMatchObject({
      title: 'Fixing the VAT rounding',
      topic: 'shop',
      platform: 'claude-code',
      metadata: { git_branch: 'main' },
    });
    expect(ids(session!)).toEqual(['l0', 'l1', 'l2', 'l3', 'l3b', 'l4', 'l4b', 'sys1', 'l5', 'l6']);
    expect(session!.messages.map(({ role }) => role).join(' ')).toBe(
      'system user assistant assistant assistant tool tool system user assistant',
    );
    expect(rejected).toEqual([]);
  });

  it('gives what an agent did as a conversation of its own', () => {
    expect(agent).toMatchObject({ id: `${session!.id}/s1`, metadata: { agent_of: session!.id } });
    expect(ids(agent!)).toEqual(['s1', 's2']);
  });

  it('counts the tokens of an answer once, however many lines it has', () => {
    const counted = session!.messages.flatMap(({ id, outputTokens }) => (outputTokens === undefined ? [] : [[id, outputTokens]]));
    expect(counted).toEqual([
      ['l3b', 80],
      ['l6', 30],
    ]);
  });

  it('keeps the bytes of pictures beside the text, and no NUL', () => {
    const [picture] = session!.messages.find(({ id }) => id === 'l5')!.assets!;
    expect(picture).toMatchObject({ mimeType: 'image/png', data: Buffer.from('iVBORw0KGgo=', 'base64') });
    expect(JSON.stringify(session)).not.toContain('\\u0000');
  });

  it('reads on after a line that is broken, and tells it', async () => {
    const lines = bytes.toString().split('\n');
    lines[3] = lines[3]!.slice(0, 60);
    lines.splice(6, 0, '7', '{"type":"user","message":{"role":"user","content":"who am I"}}');
    const broken = await readAll(claudeCode, lines.join('\n').trimEnd().slice(0, -20));
    expect(broken.rejected.map(({ where }) => where)).toEqual(['line 4', 'line 7', 'line 8', 'line 16']);
    expect(ids(broken.conversations[0]!)).toEqual(['l0', 'l2', 'l3', 'l3b', 'l4', 'l4b', 'sys1', 'l5']);
  });
});

describe('messages in the format of OpenAI', () => {
  it('are read with their pictures, calls and results', async () => {
    const { conversations } = await readAll(openai, await fixture('openai.json'));
    const messages = conversations[0]!.messages;
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'assistant']);
    expect(messages[1]!.assets).toMatchObject([
      { data: Buffer.from('iVBORw0KGgo=', 'base64') },
      { uri: 'https://pics.example/harbour.jpg' },
    ]);
    expect(messages[2]).toMatchObject({ content: '', toolCalls: [{ id: 'call_1', name: 'describe', arguments: '{"n":1}' }] });
    expect(messages[3]).toMatchObject({ content: 'a harbour at dusk', toolResults: [{ tool_call_id: 'call_1' }] });
  });

  it('are told apart where they begin alike, and known again when they have grown', async () => {
    const file = (await fixture('openai-many.jsonl')).toString();
    const first = (await readAll(openai, file)).conversations;
    expect(new Set(first.map(({ id }) => id)).size).toBe(3);
    const grown = file.split('\n').map((line) => {
      const { messages } = JSON.parse(line);
      return JSON.stringify({ messages: [...messages, { role: 'user', content: 'more' }] });
    });
    const second = (await readAll(openai, grown.join('\n'))).conversations;
    expect(second.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    second.forEach((conversation, at) => {
      expect(ids(conversation).slice(0, -1)).toEqual(ids(first[at]!));
    });
  });

  it('that repeat all that was said before are one conversation', async () => {
    const said = ['q1', 'a1', 'q2', 'a2'].map((content, at) => ({ role: at % 2 ? 'assistant' : 'user', content }));
    const file = [2, 4, 4].map((count) => JSON.stringify({ messages: said.slice(0, count) })).join('\n');
    const { conversations } = await readAll(openai, file);
    expect(new Set(conversations.map(({ id }) => id)).size).toBe(1);
  });

  it('are one conversation as a list, as lines, and several as a list of lists', async () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ];
    const whole = (await readAll(openai, JSON.stringify({ messages }))).conversations;
    expect((await readAll(openai, JSON.stringify(messages))).conversations.map(ids)).toEqual(whole.map(ids));
    expect((await readAll(openai, messages.map((message) => JSON.stringify(message)).join('\n'))).conversations.map(ids)).toEqual(
      whole.map(ids),
    );
    expect((await readAll(openai, JSON.stringify([messages, messages.slice(0, 1)]))).conversations).toHaveLength(2);
  });

  it('are not taken by halves', async () => {
    const bad = {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'wizard', content: 'b' },
      ],
    };
    expect(await readAll(openai, JSON.stringify(bad))).toMatchObject({
      conversations: [],
      rejected: [{ why: expect.stringContaining('messages[1]') }],
    });
  });
});

describe('dumps of memories', () => {
  it('of mem0 keep whose they are, when, and their relations; what is none is told', async () => {
    const { memories, others, rejected } = await readAll(mem0, await fixture('mem0.json'));
    expect(memories).toMatchObject([
      {
        id: '892db2ae-06d9-49e5-8b3e-585ef9b85b8e',
        user: 'robin',
        tags: ['travel', 'preferences'],
        occurredAt: new Date('2024-07-26T15:44:41.039Z'),
      },
      { id: 'm2', content: 'Is allergic to walnuts', metadata: { updated_at: '2024-08-01T00:00:00Z' } },
    ]);
    expect(others).toMatchObject([{ kind: 'relation', source: 'robin', target: 'porto', type: 'lives_in' }]);
    expect(rejected.map(({ where }) => where)).toEqual(['results[2]', 'relations[1]']);
    expect((await readAll(mem0, '{"next":"https://api/?page=2","results":[{"id":1,"memory":"x"}]}')).rejected).toMatchObject([
      { where: 'next' },
    ]);
  });

  it('of LangGraph keep namespace and key; the words of an item are its content', async () => {
    const { memories, rejected } = await readAll(langgraph, await fixture('langgraph.json'));
    expect(memories.map(({ id, content, tags }) => [id, content, tags])).toEqual([
      ['["memories","robin","a"]', 'Collects fountain pens', ['memories', 'robin']],
      ['["profiles","robin","profile"]', '{"age":41,"city":"Porto"}', ['profiles', 'robin']],
    ]);
    expect(rejected).toMatchObject([{ where: 'items[2]' }]);
    const row = '{"prefix":"memories.robin","key":"a","value":{"text":"x","at":1},"created_at":"2024-01-01T00:00:00Z"}\n';
    expect((await readAll(langgraph, row)).memories).toMatchObject([
      { id: '["memories","robin","a"]', content: 'x', metadata: { value: { at: 1 } } },
    ]);
  });

  it('of server-memory are entities and relations', async () => {
    const lines = [
      { type: 'entity', name: 'Ann', entityType: 'person', observations: ['likes tea'] },
      { type: 'relation', from: 'Ann', to: 'Bob', relationType: 'knows' },
      { type: 'entity', name: 'Half' },
    ];
    const { others, rejected } = await readAll(serverMemory, lines.map((line) => JSON.stringify(line)).join('\n'));
    expect(others).toMatchObject([
      { kind: 'entity', key: 'Ann', type: 'person', observations: ['likes tea'] },
      { kind: 'relation', source: 'Ann', target: 'Bob', type: 'knows' },
    ]);
    expect(rejected).toMatchObject([{ where: 'line 3' }]);
  });
});
