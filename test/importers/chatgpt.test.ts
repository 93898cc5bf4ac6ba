import { describe, expect, it } from 'vitest';
import { chatgpt } from '../../src/services/importers/chatgpt.js';
import { fixture, readAll } from './read-fixture.js';

const text = (content: string) => ({ content_type: 'text', parts: [content] });
const node = (id: string, parent: string | null, content: unknown = text(id), more: object = {}) => [
  id,
  { id, parent, children: [], message: { id, author: { role: 'user' }, create_time: 1714546800, content, ...more } },
];
const exported = (nodes: unknown[][], more: object = {}) =>
  JSON.stringify([
    { conversation_id: 'c', title: 'T', create_time: 1714546800, mapping: Object.fromEntries(nodes as [string, unknown][]), ...more },
  ]);

describe('the export of ChatGPT', async () => {
  const { conversations, rejected } = await readAll(chatgpt, await fixture('chatgpt.json'));
  const [main, branch, odd] = conversations;
  const byId = new Map(main!.messages.map((message) => [message.id, message]));

  it('gives the way to the current node, without what was deleted or says nothing', () => {
    expect(main!.messages.map(({ id }) => id)).toEqual(['ctx', 'u1', 'think', 'call', 'result', 'quote', 'a1', 'u3', 'img', 'pic', 'a2']);
    expect(main).toMatchObject({ id: '11111111-aaaa-4aaa-8aaa-000000000001', title: 'Balcony tomatoes', platform: 'chatgpt' });
  });

  it('gives what was answered before as a conversation of its own', () => {
    expect(branch).toMatchObject({
      id: `${main!.id}/a1-old`,
      title: 'Balcony tomatoes (branch)',
      partOf: main!.id,
      metadata: { branch_of: main!.id, branched_after: 'u1' },
      messages: [{ id: 'a1-old', content: 'They need more nitrogen.' }, { id: 'u2-old' }],
    });
  });

  it('keeps pictures and files as links, once each', () => {
    expect(byId.get('u1')).toMatchObject({
      role: 'user',
      content: [
        { type: 'image', name: 'balcony.jpg', uri: 'file-service://file-AbC123' },
        { type: 'text', text: 'What is wrong with my tomato plants?' },
      ],
      assets: [
        { name: 'balcony.jpg', mimeType: 'image/jpeg', uri: 'file-service://file-AbC123' },
        { name: 'watering-log.csv', mimeType: 'text/csv', uri: 'file-service://file-Log9' },
      ],
    });
    expect(byId.get('pic')).toMatchObject({ role: 'tool', author: 'dalle.text2im', content: [{ prompt: 'a healthy tomato plant' }] });
  });

  it('tells calls of tools and their results from what was said', () => {
    expect(byId.get('call')).toMatchObject({
      role: 'assistant',
      content: '',
      toolCalls: [{ name: 'browser', arguments: 'search("tomato early blight")' }],
    });
    expect(byId.get('result')).toMatchObject({ role: 'tool', type: 'tool_result', content: 'Early blight shows target-shaped spots.' });
    expect(byId.get('quote')!.content).toContain('https://garden.example/blight');
  });

  it('keeps what nobody was shown, and what the model thought, where no search finds it', () => {
    const hidden = [byId.get('ctx')!, byId.get('think')!];
    expect(hidden.map(({ role, type }) => [role, type])).toEqual([
      ['system', 'context'],
      ['assistant', 'thinking'],
    ]);
    expect(JSON.stringify(hidden)).toContain('Yellow lower leaves');
    for (const { content } of hidden) for (const part of content as { text?: string }[]) expect(part.text).toBeUndefined();
  });

  it('takes what weighs nothing for what was not shown, but for what a tool answered', async () => {
    const nodes = [
      node('q', null, text('What is new?'), { weight: 1 }),
      node('setup', 'q', text('Be brief about Lisbon.'), { weight: 0, author: { role: 'system' } }),
      node('draft', 'setup', text('A draft about Porto.'), { weight: 0, author: { role: 'assistant' } }),
      node('found', 'draft', text('Found: Faro.'), { weight: 0, author: { role: 'tool', name: 'web' } }),
      node('a', 'found', text('Not much.'), { author: { role: 'assistant' } }),
    ];
    const { conversations } = await readAll(chatgpt, exported(nodes, { current_node: 'a' }));
    expect(conversations[0]!.messages.map(({ content }) => content)).toEqual([
      'What is new?',
      [{ type: 'context', words: 'Be brief about Lisbon.' }],
      [{ type: 'context', words: 'A draft about Porto.' }],
      'Found: Faro.',
      'Not much.',
    ]);
  });

  it('reads times however they are written, and gives what has none that of the message before', () => {
    expect(byId.get('u1')!.createdAt).toEqual(new Date(1714546801500));
    expect(branch!.messages[1]!.createdAt).toEqual(new Date(1714546850250));
    expect(byId.get('a2')!.createdAt).toEqual(new Date(1714546911000));
    expect(byId.get('quote')).toMatchObject({ createdAt: byId.get('result')!.createdAt, metadata: { time_estimated: true } });
    expect(odd!.messages.map(({ createdAt }) => createdAt)).toEqual([undefined, undefined]);
  });

  it('takes what is said aloud as text, and a kind of content that is not known as it is', () => {
    expect(odd!.messages[0]!.content).toContainEqual({ type: 'text', text: 'Remind me of Lisbon in autumn' });
    expect(odd!.messages[1]!.content).toEqual([{ type: 'a_type_of_2031', payload: { mood: 'calm' } }]);
  });

  it('tells of a conversation in which nothing is said', () => {
    expect(rejected).toEqual([{ kind: 'rejected', where: 'conversations[2]', why: 'There is no message in it.' }]);
  });

  it('is told by its content, whole or cut off', async () => {
    const head = (await fixture('chatgpt.json')).toString();
    expect(chatgpt.detect(head)).toBe(1);
    expect(chatgpt.detect(head.slice(0, 300))).toBe(1);
    expect(chatgpt.detect('[{"title":"mapping","text":"mapping"}]')).toBe(0);
  });
});

describe('a hostile export of ChatGPT', () => {
  it('with a tree that goes round gives nothing of that conversation', async () => {
    const bad = exported([node('a', 'b'), node('b', 'a'), node('c', null)], { current_node: 'a' });
    expect(await readAll(chatgpt, bad)).toMatchObject({
      conversations: [],
      rejected: [{ where: 'conversations[0]', why: expect.stringContaining('circle') }],
    });
  });

  it('with wrong types gives what can be read', async () => {
    const nodes = [
      node('a', null),
      ['b', 'no node'],
      ['c', { message: { author: 7, content: 'bare', metadata: [], create_time: {} }, parent: 'a', children: { no: 'list' } }],
      ['d', { message: ['no message'], parent: 'c' }],
      ['__proto__', { message: { author: { role: 'user' }, content: text('proto') }, parent: 'd' }],
      node(
        'e',
        '__proto__',
        { content_type: 'multimodal_text', parts: [null, 7, { content_type: 9 }, 'end'] },
        { metadata: { attachments: 'none' } },
      ),
    ];
    const json = `[{"id":"c","title":5,"create_time":"soon","current_node":"e","mapping":{${nodes.map(([id, value]) => `${JSON.stringify(id)}:${JSON.stringify(value)}`)}}},7,{"mapping":[]}]`;
    const { conversations, rejected } = await readAll(chatgpt, json);
    expect(conversations.map(({ messages }) => messages.map(({ id }) => id))).toEqual([['a', 'c', '__proto__', 'e']]);
    expect(conversations[0]!.messages[1]).toMatchObject({ role: 'system', content: 'bare' });
    expect(rejected.map(({ where }) => where)).toEqual(['conversations[1]', 'conversations[2]']);
  });

  it('that names no current node, or one that is gone, ends at the latest message', async () => {
    const nodes = [
      node('a', null),
      node('b', 'a', text('b'), { create_time: 1714546900 }),
      node('c', 'a', text('c'), { create_time: 1714546850 }),
    ];
    for (const current_node of [null, 'gone', 7]) {
      const { conversations } = await readAll(chatgpt, exported(nodes, { current_node }));
      expect(conversations.map(({ messages }) => messages.map(({ id }) => id))).toEqual([['a', 'b'], ['c']]);
    }
  });

  it('cut off in the middle gives the conversations before', async () => {
    const whole = await fixture('chatgpt.json');
    const cut = whole.subarray(0, whole.indexOf('Lisbon'));
    const { conversations, rejected } = await readAll(chatgpt, cut);
    expect(conversations).toHaveLength(2);
    expect(rejected).toEqual([{ kind: 'rejected', where: 'conversations[1]', why: expect.stringContaining('breaks off') }]);
  });
});
