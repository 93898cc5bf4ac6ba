import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import importCommand from '../../src/cli/commands/import.js';
import { runHere } from '../cli/run-here.js';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';
import { fixture, fixturePath } from './read-fixture.js';
import { asZip64, withEntry, zipOf } from './zip-file.js';

describeEngines('recollect import of what others keep', (engine) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recollect-import-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const run = async (tenantId: string, file: string, ...args: string[]) => {
    const { url, dataDir } = engine.config;
    const where = url === null ? ['--data-dir', dataDir] : ['--database-url', url];
    const { code, json } = await runHere(importCommand, file, '--tenant', tenantId, '--json', ...args, ...where);
    // biome-ignore lint/suspicious/noExplicitAny: the report of the command
    return { code, ...(json as any) };
  };
  const written = async (name: string, content: string | Buffer) => {
    const file = join(folder, name);
    await writeFile(file, content);
    return file;
  };
  const rows = async (tenantId: string) => ({
    conversations: await engine.models.Conversation.count({ where: { tenantId } }),
    messages: await engine.models.Message.count({ where: { tenantId } }),
  });

  it('takes an export of ChatGPT, once, and what is new in a later one', async () => {
    const tenantId = await engine.freshTenant();
    const dry = await run(tenantId, fixturePath('chatgpt.json'), '--dry-run');
    expect(dry).toMatchObject({ dry_run: true, conversations: { read: 3, added: 3 }, messages: { read: 15, added: 15 } });
    expect(await rows(tenantId)).toEqual({ conversations: 0, messages: 0 });

    const first = await run(tenantId, fixturePath('chatgpt.json'), '--user', 'robin');
    expect(first).toMatchObject({ code: 1, conversations: { added: 3 }, messages: { added: 15 }, rejected: 1 });
    expect(first.rejections).toEqual([{ where: 'conversations[2]', why: 'There is no message in it.' }]);
    const again = await run(tenantId, fixturePath('chatgpt.json'), '--user', 'robin');
    expect(again).toMatchObject({ conversations: { added: 0, known: 3 }, messages: { added: 0, known: 15 } });

    // A week later: the last question was asked otherwise, and answered; the old end is no new conversation.
    const [later, ...others] = JSON.parse((await fixture('chatgpt.json')).toString());
    const message = (id: string, role: string, text: string) => ({
      ...{
        id,
        author: { role },
        create_time: 1715151600,
        content: { content_type: 'text', parts: [text] },
        metadata: {},
        recipient: 'all',
      },
    });
    later.mapping.u4 = { id: 'u4', parent: 'a1', children: ['a4'], message: message('u4', 'user', 'And what about basil?') };
    later.mapping.a4 = { id: 'a4', parent: 'u4', children: [], message: message('a4', 'assistant', 'Basil likes it warm.') };
    later.current_node = 'a4';
    const updated = await run(tenantId, await written('later.json', JSON.stringify([later, ...others])), '--user', 'robin');
    expect(updated.messages).toMatchObject({ added: 2 });
    expect(updated.conversations).toMatchObject({ added: 0 });
    expect(await rows(tenantId)).toEqual({ conversations: 3, messages: 17 });

    await using agent = await agentFor(engine, { tenantId, user: 'robin' });
    const { conversations } = await agent.call('list_conversations', {});
    const main = conversations.find((each: { title?: string }) => each.title === 'Balcony tomatoes');
    expect(main).toMatchObject({ platform: 'chatgpt', user: 'robin', started_at: '2024-05-01T07:00:01.500Z', message_count: 13 });
    const { messages } = await agent.call('load_history', { conversation_id: main.id, limit: 100 });
    expect(messages.map((each: { client_message_id: string }) => each.client_message_id)).toEqual([
      'ctx',
      'u1',
      'think',
      'call',
      'result',
      'quote',
      'a1',
      'u3',
      'img',
      'pic',
      'a2',
      'u4',
      'a4',
    ]);
    expect(messages[1].attachments).toMatchObject([{ name: 'balcony.jpg' }, { name: 'watering-log.csv' }]);
    const found = JSON.stringify(await agent.call('recall', { query: 'which disease do the plants have?' }));
    expect(found).toContain('my tomato plants');
    const hidden = JSON.stringify(await agent.call('search_messages', { query: 'preferred' }));
    expect(hidden).not.toContain('Robin');
  });

  it.each([
    ['claude.json', { conversations: 3, messages: 8 }, 'notice period', 'ninety days'],
    ['claude-code.jsonl', { conversations: 2, messages: 12 }, 'VAT rounding', 'VAT on invoices'],
    ['openai.json', { conversations: 1, messages: 5 }, 'harbour', 'A harbour at dusk'],
    ['openai-many.jsonl', { conversations: 3, messages: 15 }, 'geyser', 'what is a geyser?'],
  ])('takes %s', async (file, expected, query, found) => {
    const tenantId = await engine.freshTenant();
    expect(await run(tenantId, fixturePath(file))).toMatchObject({ code: 0, rejected: 0 });
    expect(await rows(tenantId)).toEqual(expected);
    expect(await run(tenantId, fixturePath(file))).toMatchObject({ code: 0, messages: { added: 0 } });
    expect(await rows(tenantId)).toEqual(expected);
    await using agent = await agentFor(engine, { tenantId });
    expect(JSON.stringify(await agent.call('recall', { query }))).toContain(found);
  });

  it('takes memories of mem0, LangGraph and projects of Claude', async () => {
    const tenantId = await engine.freshTenant();
    expect(await run(tenantId, fixturePath('mem0.json'))).toMatchObject({
      code: 1,
      memories: { added: 2 },
      relations: { added: 1 },
      rejected: 2,
    });
    expect(await run(tenantId, fixturePath('langgraph.json'))).toMatchObject({ memories: { added: 2 }, rejected: 1 });
    expect(await run(tenantId, fixturePath('claude-projects.json'))).toMatchObject({ memories: { added: 2 }, rejected: 1 });
    expect(await run(tenantId, fixturePath('mem0.json'))).toMatchObject({
      memories: { added: 0, known: 2 },
      relations: { added: 0, known: 1 },
    });
    await using agent = await agentFor(engine, { tenantId });
    for (const [query, found] of [
      ['window seats', 'Prefers window seats on trains'],
      ['fountain pens', 'Collects fountain pens'],
      ['where is the pond', 'The pond goes behind the shed.'],
    ])
      expect(JSON.stringify(await agent.call('recall', { query }))).toContain(found);
    await using robin = await agentFor(engine, { tenantId, user: 'robin' });
    expect(JSON.stringify(await robin.call('recall', { query: 'allergic to walnuts' }))).toContain('walnuts');
    await using other = await agentFor(engine, { tenantId, user: 'someone' });
    expect(JSON.stringify(await other.call('recall', { query: 'allergic to walnuts' }))).not.toContain('Is allergic');
  });

  it('puts what a newer dump says in the place of what an older one said, whichever is read again', async () => {
    const tenantId = await engine.freshTenant();
    const dump = (name: string, memory: string, updated_at: string | null) =>
      written(name, JSON.stringify({ results: [{ id: 'm1', memory, user_id: 'robin', created_at: '2025-01-01T00:00:00Z', updated_at }] }));
    const [older, newer] = [
      await dump('older.json', 'Lives in Kiel', null),
      await dump('newer.json', 'Lives in Bonn', '2025-06-01T00:00:00Z'),
    ];
    const between = await dump('between.json', 'Lives in Lübeck', '2025-03-01T00:00:00Z');
    expect(await run(tenantId, older)).toMatchObject({ memories: { added: 1 }, superseded: 0 });
    expect(await run(tenantId, newer, '--dry-run')).toMatchObject({ memories: { added: 1 }, superseded: 1 });
    expect(await run(tenantId, newer)).toMatchObject({ code: 0, memories: { added: 1, known: 0 }, superseded: 1 });
    for (const file of [newer, older, between])
      expect(await run(tenantId, file)).toMatchObject({ code: 0, memories: { added: 0, known: 1 }, superseded: 0 });

    await using agent = await agentFor(engine, { tenantId, user: 'robin' });
    const lives = async (args: object) =>
      JSON.stringify(await agent.call('recall', { query: 'lives where', sources: ['memories'], ...args }));
    expect(await lives({})).toContain('Bonn');
    expect(await lives({})).not.toContain('Kiel');
    expect(await lives({ as_of: '2025-05-01T00:00:00Z' })).toContain('Kiel');

    // It moved back: the same words as at first, said later.
    expect(await run(tenantId, await dump('back.json', 'Lives in Kiel', '2025-09-01T00:00:00Z'))).toMatchObject({ superseded: 1 });
    expect(await lives({})).toContain('Kiel');
    // What was corrected or forgotten here stays so.
    const [{ id }] = (await agent.call('recall', { query: 'lives where', sources: ['memories'] })).hits;
    await agent.call('remember', { content: 'Lives on a boat', supersedes: id });
    expect(await run(tenantId, await dump('before.json', 'Lives in Ulm', '2025-12-01T00:00:00Z'))).toMatchObject({
      memories: { known: 1 },
    });
    const report = await run(tenantId, await dump('last.json', 'Lives in Ulm', new Date(Date.now() + 3_600_000).toISOString()));
    expect(report).toMatchObject({ code: 1, memories: { added: 0 }, rejected: 1 });
    expect(report.rejections[0].why).toMatch(/took its place here/);
    expect(await lives({})).toContain('boat');
  });

  it('counts what is new in a file of server-memory without storing it', async () => {
    const tenantId = await engine.freshTenant();
    const file = await written('memory.jsonl', '{"type":"entity","name":"Ann","entityType":"person","observations":["likes tea"]}\n');
    expect(await run(tenantId, file, '--dry-run')).toMatchObject({ code: 0, dry_run: true, entities: { read: 1, added: 1 } });
    await using agent = await agentFor(engine, { tenantId });
    expect(JSON.stringify(await agent.call('read_graph', {}))).not.toContain('Ann');
  });

  it('says the same of a file of server-memory whether it is stored or only looked at', async () => {
    const tenantId = await engine.freshTenant();
    const ann = '{"type":"entity","name":"Ann","entityType":"person","observations":["likes tea"]}';
    const file = await written('two.jsonl', `${ann}\n{"type":"entity","name":"","entityType":"x","observations":[]}\n`);
    const { dry_run: looked, ...look } = await run(tenantId, file, '--dry-run');
    const { dry_run: stored, ...done } = await run(tenantId, file);
    expect([looked, stored, done]).toEqual([true, false, look]);
    expect(done).toMatchObject({ code: 1, format: 'server-memory', entities: { read: 1, added: 1, known: 0 } });
    expect(done.rejections).toEqual([{ where: 'line 2', why: 'entity: name is empty' }]);
  });

  it('stores nothing of a conversation that cannot be stored whole, and all of the others', async () => {
    const tenantId = await engine.freshTenant();
    const chat = (uuid: string, ...texts: string[]) => ({
      ...{ uuid, name: uuid, created_at: '2025-01-01T00:00:00Z' },
      chat_messages: texts.map((text, at) => ({ uuid: `${uuid}-${at}`, sender: 'human', text, created_at: '2025-01-01T00:00:00Z' })),
    });
    const huge = chat('huge', ...Array.from({ length: 150 }, (_, at) => `said ${at}`), 'x'.repeat(2_000_000));
    const file = await written('hostile.json', JSON.stringify([chat('one', 'first'), huge, chat('two', 'last')]).slice(0, -1));
    const report = await run(tenantId, file);
    expect(report).toMatchObject({ code: 1, conversations: { added: 2 }, rejected: 2 });
    expect(report.rejections).toEqual([
      { where: 'entries[1]', why: expect.stringMatching(/limit is 1048576.*RECOLLECT_MAX_MESSAGE_BYTES/s) },
      { where: 'entries[3]', why: expect.stringContaining('breaks off') },
    ]);
    expect(await rows(tenantId)).toEqual({ conversations: 2, messages: 2 });
  });

  it('takes the archive as it was downloaded, of which conversations may be in several files', async () => {
    const tenantId = await engine.freshTenant();
    const [one, two, three] = JSON.parse((await fixture('chatgpt.json')).toString());
    const files = {
      'user.json': '{"id":"user-1","email":"robin@example.org"}',
      'chat.html': '<html></html>',
      'dalle-generations/': '',
      'message_feedback.json': '[{"id":"f","conversation_id":"c","rating":"thumbs_up"}]',
      'conversations-001.json': JSON.stringify([two, three]),
      'conversations-000.json': JSON.stringify([one]),
    };
    for (const [name, archive] of [
      ['packed.zip', zipOf(files)],
      ['stored.zip', zipOf(files, { stored: true })],
    ] as const) {
      const report = await run(tenantId, await written(name, archive), '--user', 'robin');
      expect(report).toMatchObject({ conversations: { read: 3 }, messages: { read: 15 } });
      expect(report.rejections).toEqual([{ where: 'conversations-001.json: conversations[1]', why: 'There is no message in it.' }]);
      expect(await rows(tenantId)).toEqual({ conversations: 3, messages: 15 });
    }
  });

  it('takes an archive that is written as large ones are', async () => {
    const tenantId = await engine.freshTenant();
    const archive = asZip64(zipOf({ 'conversations.json': await fixture('chatgpt.json') }));
    expect(await run(tenantId, await written('large.zip', archive))).toMatchObject({
      conversations: { added: 3 },
      messages: { added: 15 },
    });
  });

  it('takes nothing of an archive that is damaged, encrypted, or of which nothing is known', async () => {
    const tenantId = await engine.freshTenant();
    const file = { 'conversations.json': await fixture('claude.json') };
    const [whole, stored] = [zipOf(file), zipOf(file, { stored: true })];
    const size = file['conversations.json'].length;
    for (const [archive, why] of [
      [whole.subarray(0, -40), /damaged/],
      // Its words are not those that were packed.
      [Buffer.from(stored).fill('x', 300, 301), /damaged at conversations\.json/],
      // It holds more than it says, less, or what is behind the end of the file.
      [withEntry(whole, 24, size - 1, 4), /damaged at conversations\.json/],
      [withEntry(whole, 24, size + 1, 4), /damaged at conversations\.json/],
      [withEntry(whole, 20, whole.length, 4), /damaged at conversations\.json/],
      [withEntry(whole, 42, whole.length + 1, 4), /damaged at conversations\.json/],
      [asZip64(whole, 2n ** 64n - 9n), /damaged/],
      [withEntry(whole, 10, 12, 2), /packed in a way/],
      [zipOf(file, { flags: 0x41 }), /encrypted/],
      [zipOf({ '../conversations.json': 'x' }), /damaged/],
      [Buffer.concat([whole.subarray(0, 200), Buffer.alloc(20), whole.subarray(220)]), /damaged at conversations\.json/],
      [zipOf(file, { flags: 1 }), /encrypted/],
      [zipOf({ 'photos/a.jpg': 'x', 'notes.json': '{"a":1}' }), /no file in the archive/],
      [zipOf({ 'a.json': await fixture('claude.json'), 'b.json': await fixture('chatgpt.json') }), /several formats/],
    ] as const)
      await expect(run(tenantId, await written('bad.zip', archive))).rejects.toThrow(why);
    expect(await rows(tenantId)).toEqual({ conversations: 0, messages: 0 });
  });

  it('refuses what is packed, and what it does not know', async () => {
    const tenantId = await engine.freshTenant();
    await expect(run(tenantId, await written('export.json', 'PK\u0003\u0004rest of a zip archive'))).rejects.toThrow(/zip archive/);
    await expect(run(tenantId, await written('conversations.json', '[{"diary":"Dear"}]'))).rejects.toThrow(/cannot be told/);
    expect(await rows(tenantId)).toEqual({ conversations: 0, messages: 0 });
  });
});
