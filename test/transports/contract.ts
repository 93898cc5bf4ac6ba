import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Peer, ToolResult } from './peers.js';

const receipt = z.looseObject({ conversation_id: z.string(), messages: z.array(z.looseObject({ id: z.string(), seq: z.number() })) });

const text = (result: ToolResult): string => result.content.map((part) => part.text).join('\n');
const invalidParams = expect.objectContaining({ code: -32602 });

export async function save(peer: Peer, args: Record<string, unknown>, ...contents: string[]) {
  const messages = contents.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));
  const result = await peer.callTool('save_turn', { ...args, messages });
  expect(text(result)).not.toMatch(/^\w+: /);
  return receipt.parse(result.structuredContent);
}

/** Resolves with the next call of `tell`; fails when none comes in time. */
export function nextCall(ms = 5_000) {
  let tell: () => void = () => {};
  const called = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Nothing was told within ${ms} ms.`)), ms);
    tell = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  return { tell: () => tell(), called };
}

/** What every client may expect of the server, over any transport. `connect` is asked for two clients of one memory. */
export function describeContract(name: string, connect: () => Promise<Peer>): void {
  describe(name, () => {
    let peer: Peer;
    let other: Peer;

    beforeAll(async () => {
      peer = await connect();
      other = await connect();
      // A client checks answers against the published schema only after it listed the tools.
      await peer.listTools();
      await other.listTools();
    });
    afterAll(async () => {
      await peer[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    });

    it('says who it is and when to use it', () => {
      expect(peer.server).toMatchObject({ name: 'recollect', title: 'Recollect', version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
      expect(peer.instructions).toMatch(/save_turn/);
    });

    it('lists its tools on one page', async () => {
      const { tools, nextCursor } = await peer.listTools();
      expect(nextCursor).toBeUndefined();
      expect(tools.map((tool) => tool.name)).toEqual(expect.arrayContaining(['save_turn', 'load_history', 'poll_events']));
      await expect(peer.listTools('bm9uc2Vuc2U')).rejects.toEqual(invalidParams);
    });

    it('stores a turn and gives it back, to every client', async () => {
      const { conversation_id, messages } = await save(peer, { title: 'Greeting' }, 'Hello 漢字 😀', 'Hi');
      expect(messages.map(({ seq }) => seq)).toEqual([1, 2]);
      const loaded = await other.callTool('load_history', { conversation_id });
      expect(loaded.structuredContent).toMatchObject({ messages: [{ content: 'Hello 漢字 😀' }, { content: 'Hi' }] });
      expect(text(loaded)).toContain('Hello 漢字 😀');
    });

    it('tells what is wrong with arguments, and changes nothing', async () => {
      const before = await peer.callTool('list_conversations', { limit: 100 });
      const wrong: [Record<string, unknown>, RegExp][] = [
        [
          { messages: [{ role: 'robot', content: 'x' }] },
          /messages\[0\]\.role must be one of "user", "assistant", "system", "tool", not "robot"/,
        ],
        [
          { messages: [{ role: 'user', content: 'x' }], conversationId: 'y' },
          /Unknown argument "conversationId"; did you mean "conversation_id"\?/,
        ],
        [{ messages: [{ role: 'user', content: 'a\0b' }] }, /messages\[0\]\.content contains the character U\+0000/],
        [{ messages: [{ role: 'user', content: 'a\ud800b' }] }, /messages\[0\]\.content contains half of a surrogate pair/],
        [{ messages: [] }, /messages must be an array of 1 to 100 items/],
        [{}, /messages is required/],
        [{ messages: [{ role: 'user', content: 'x', created_at: 'yesterday-ish' }] }, /messages\[0\]\.created_at/],
        [{ messages: [{ role: 'user', content: 'x' }], conversation_id: randomUUID() }, /^not_found: No conversation/],
      ];
      for (const [args, message] of wrong) {
        const result = await peer.callTool('save_turn', args);
        expect(result.isError, JSON.stringify(args)).toBe(true);
        expect(text(result)).toMatch(message);
        expect(result.structuredContent).toBeUndefined();
      }
      expect((await peer.callTool('list_conversations', { limit: 100 })).structuredContent).toEqual(before.structuredContent);
    });

    it('refuses a message of 10 MB in words and stays up', async () => {
      const result = await peer.callTool('save_turn', { messages: [{ role: 'user', content: 'x'.repeat(10 * 1024 * 1024) }] });
      expect(result.isError).toBe(true);
      expect(text(result)).toMatch(/^(?:invalid_input|quota_exceeded): .*bytes|too large/i);
      await save(peer, {}, 'still here');
    });

    it('does not know unknown tools, resources and prompts', async () => {
      await expect(peer.callTool('save_turns', {})).rejects.toEqual(invalidParams);
      await expect(peer.callTool('save_turns', {})).rejects.toThrow(/Did you mean save_turn\?/);
      await expect(peer.readResource('memory://nothing/here')).rejects.toEqual(invalidParams);
      await expect(peer.readResource(`memory://conversations/${randomUUID()}`)).rejects.toEqual(invalidParams);
      await expect(peer.readResource('memory://conversations/not-an-id')).rejects.toEqual(invalidParams);
      await expect(peer.getPrompt('nothing')).rejects.toEqual(invalidParams);
      await expect(peer.getPrompt('continue_conversation')).rejects.toEqual(invalidParams);
    });

    it('tells in a sentence what is wrong with the parameters of a request', async () => {
      await expect(peer.readResource(undefined as never)).rejects.toEqual(invalidParams);
      await expect(peer.readResource(undefined as never)).rejects.toThrow(/Invalid parameters of resources\/read: params\.uri: /);
      await expect(peer.callTool('list_conversations', 'all' as never)).rejects.toThrow(
        /Invalid parameters of tools\/call: params\.arguments: /,
      );
    });

    it('pages its resources, the latest conversations first, none twice', async () => {
      const made: string[] = [];
      for (let index = 0; index < 60; index += 1) made.push((await save(peer, { title: `Page ${index}` }, 'x')).conversation_id);
      const uris: string[] = [];
      let cursor: string | undefined;
      let pages = 0;
      do {
        const page = await peer.listResources(cursor);
        uris.push(...page.resources.map(({ uri }) => uri!));
        cursor = page.nextCursor;
        pages += 1;
      } while (cursor !== undefined && pages < 100);
      expect(pages).toBeGreaterThan(1);
      expect(new Set(uris).size).toBe(uris.length);
      expect(uris).toEqual(expect.arrayContaining(['memory://stats', 'memory://schema']));
      const listed = uris
        .filter((uri) => uri.startsWith('memory://conversations/'))
        .map((uri) => uri.slice('memory://conversations/'.length));
      expect(listed.slice(0, 60)).toEqual(made.toReversed());
      await expect(peer.listResources('bm9uc2Vuc2U')).rejects.toEqual(invalidParams);
    });

    it('reads a conversation as a resource, page by page, never more than fits', async () => {
      const { conversation_id } = await save(
        peer,
        { title: 'Long' },
        ...Array.from({ length: 40 }, (_, index) => `${index + 1} ${'word '.repeat(200)}`),
      );
      let uri = `memory://conversations/${conversation_id}`;
      const seen: number[] = [];
      for (let page = 0; page < 40 && uri; page += 1) {
        const [content] = (await peer.readResource(uri)).contents;
        expect(content).toMatchObject({ uri, mimeType: 'application/json' });
        expect(Buffer.byteLength(content!.text!)).toBeLessThan(20_500);
        const body = JSON.parse(content!.text!) as { messages: { seq: number }[]; earlier_messages?: string };
        seen.unshift(...body.messages.map(({ seq }) => seq));
        uri = body.earlier_messages ?? '';
      }
      expect(seen).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
      await expect(peer.readResource(`memory://conversations/${conversation_id}/messages?limit=-1`)).rejects.toEqual(invalidParams);
      await expect(peer.readResource(`memory://conversations/${conversation_id}/messages?other=1`)).rejects.toEqual(invalidParams);
    });

    it('reads numbers, the layout of the database, a profile and an attachment as resources', async () => {
      const user = `feishu:group:user ${randomUUID().slice(0, 8)}/1`;
      const attachments = [
        { name: 'a.txt', mime_type: 'text/plain', data: Buffer.from('hi there').toString('base64') },
        { name: 'page', mime_type: 'text/html', uri: 'https://example.com/page' },
      ];
      const saved = await peer.callTool('save_turn', { user, messages: [{ role: 'user', content: 'with files', attachments }] });
      const { conversation_id } = receipt.parse(saved.structuredContent);
      const read = async (uri: string) => (await peer.readResource(uri)).contents[0]!;

      expect(JSON.parse((await read('memory://stats')).text!)).toMatchObject({
        conversations: expect.any(Number),
        messages: expect.any(Number),
      });
      const schema = await read('memory://schema');
      expect(JSON.parse(schema.text!)).toMatchObject({ tables: { messages: { tenant_id: 'text', seq: 'integer' } } });
      expect(schema.text!.length).toBeLessThan(20_000);
      const profile = await read(`memory://users/${encodeURIComponent(user)}/profile`);
      expect(JSON.parse(profile.text!)).toMatchObject({ external_id: user });

      const history = await peer.callTool('load_history', { conversation_id });
      const [message] = (history.structuredContent as { messages: { attachments: { id: string }[] }[] }).messages;
      const [stored, linked] = message!.attachments.map(({ id }) => `memory://assets/${id}`);
      expect(await read(stored!)).toEqual({ uri: stored, mimeType: 'text/plain', blob: attachments[0]!.data });
      expect(await read(linked!)).toEqual({ uri: linked, mimeType: 'text/uri-list', text: 'https://example.com/page' });

      const { resourceTemplates } = await peer.listTemplates();
      const ref = { type: 'ref/resource' as const, uri: resourceTemplates.find(({ name }) => name === 'profile')!.uriTemplate! };
      expect((await peer.complete(ref, 'external_id', user.slice(-10))).values).toEqual([user]);
    });

    it('renders prompts with what was said, and completes their argument', async () => {
      const title = `Sailing ${randomUUID().slice(0, 8)}`;
      const { conversation_id } = await save(peer, { title }, 'Where do we sail?', 'To Corfu.');
      const { messages } = await peer.getPrompt('continue_conversation', { conversation_id });
      expect(messages).toMatchObject([{ role: 'user', content: { text: expect.stringContaining('To Corfu.') } }]);
      const ref = { type: 'ref/prompt' as const, name: 'continue_conversation' };
      expect((await peer.complete(ref, 'conversation_id', title)).values).toEqual([conversation_id]);
      expect((await peer.complete(ref, 'conversation_id', conversation_id.slice(0, 30))).values).toContain(conversation_id);
      const recent = await peer.complete(ref, 'conversation_id', '');
      expect(recent.values[0]).toBe(conversation_id);
      expect(recent.values.length).toBeLessThanOrEqual(100);
    });

    it('completes templates it lists', async () => {
      const { conversation_id } = await save(peer, {}, 'x');
      const { resourceTemplates } = await peer.listTemplates();
      const template = resourceTemplates.find(({ name }) => name === 'conversation');
      const ref = { type: 'ref/resource' as const, uri: template!.uriTemplate! };
      expect((await peer.complete(ref, 'id', '')).values[0]).toBe(conversation_id);
      await expect(peer.complete({ type: 'ref/resource', uri: 'memory://none/{id}' }, 'id', '')).rejects.toEqual(invalidParams);
    });

    it('tells a subscriber what another client wrote, until it unsubscribes', async () => {
      const { conversation_id } = await save(peer, {}, 'first');
      const uri = `memory://conversations/${conversation_id}`;
      const updates: string[] = [];
      const first = nextCall();
      const unsubscribe = await peer.subscribe(uri, (updated) => {
        updates.push(updated);
        first.tell();
      });
      await save(other, { conversation_id }, 'second');
      await first.called;
      await unsubscribe();
      const count = updates.length;
      expect(new Set(updates)).toEqual(new Set([uri]));

      // Another subscriber is told of the next write; by then the first one would have been told too.
      const second = nextCall();
      const leave = await other.subscribe(uri, second.tell);
      await save(peer, { conversation_id }, 'third');
      await second.called;
      await leave();
      expect(updates).toHaveLength(count);
    });

    it('ends a call that the client gives up', async () => {
      const { structuredContent } = await peer.callTool('poll_events', { after: '0', limit: 1 });
      const start = await peer.callTool('poll_events', { after: '0', limit: 200 });
      expect(structuredContent).toBeDefined();
      let cursor = (start.structuredContent as { next_cursor: string }).next_cursor;
      for (let more = true; more; ) {
        const page = (await peer.callTool('poll_events', { after: cursor, limit: 200 })).structuredContent as {
          next_cursor: string;
          has_more: boolean;
        };
        [cursor, more] = [page.next_cursor, page.has_more];
      }
      const giveUp = new AbortController();
      const waiting = peer.callTool('poll_events', { after: cursor, wait_ms: 20_000 }, giveUp.signal);
      giveUp.abort();
      await expect(waiting).rejects.toThrow();
      await save(peer, {}, 'the server answers on');
    });

    it('wakes a poller when another client writes', async () => {
      const { conversation_id } = await save(peer, {}, 'first');
      const page = await peer.callTool('poll_events', { after: '0', conversation_id, limit: 200 });
      const cursor = (page.structuredContent as { next_cursor: string }).next_cursor;
      const waiting = peer.callTool('poll_events', { after: cursor, conversation_id, wait_ms: 10_000 });
      await save(other, { conversation_id }, 'second');
      const before = performance.now();
      expect((await waiting).structuredContent).toMatchObject({ events: [{ conversation_id }] });
      expect(performance.now() - before).toBeLessThan(5_000);
    });
  });
}
