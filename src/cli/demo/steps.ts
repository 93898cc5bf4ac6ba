import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { AppError } from '../../errors.js';
import type { ServerProcess } from '../client.js';
import { CONVERSATION_KEY, CORRECTION, FIRST_TURN, SECOND_TURN } from './conversation.js';

/** What a step answers: a few words, and lines worth reading. */
type Told = string | readonly [string, ...string[]];
export type Step = Readonly<{ title: string; run(): Promise<Told> }>;

const saved = z.object({
  conversation_id: z.string(),
  messages: z.array(z.object({ id: z.string(), seq: z.number() })),
  message_count: z.number(),
});
const message = z.looseObject({ id: z.string(), seq: z.number(), role: z.string(), content: z.unknown() });
const history = z.object({ messages: z.array(message), has_more_before: z.boolean(), first_seq: z.number().nullish() });
const listed = z.object({
  conversations: z.array(z.looseObject({ id: z.string(), title: z.string().optional(), message_count: z.number() })),
});
const found = z.object({ hits: z.array(z.object({ message, snippet: z.string() })) });
const polled = z.object({ events: z.array(z.looseObject({ type: z.string(), message_id: z.string().nullish() })) });

/** What an assistant does with its memory, in order. Each step checks what came back and says so in a few words. */
export function demoSteps(server: ServerProcess, tools: readonly string[]): Step[] {
  const wholeConversation = [...FIRST_TURN, ...SECOND_TURN];
  let conversationId = '';
  let editedId = '';

  const steps: Step[] = [
    {
      title: 'save a turn with a tool call',
      run: async () => {
        const title = 'A weekend in Lisbon';
        const input = { conversation_key: CONVERSATION_KEY, user: 'mara', platform: 'demo', title, messages: FIRST_TURN };
        const { conversation_id, messages, message_count } = await server.call('save_turn', input, saved);
        conversationId = conversation_id;
        expect(message_count === FIRST_TURN.length, `${FIRST_TURN.length} messages were sent and ${message_count} are stored`);
        return `${messages.length} messages, conversation ${conversation_id}`;
      },
    },
    {
      title: 'load it back and compare',
      run: async () => {
        const { messages } = await server.call('load_history', { conversation_id: conversationId }, history);
        expect(sameMessages(messages, FIRST_TURN), 'what was loaded differs from what was saved');
        return [
          `${messages.length} messages, identical and in order`,
          ...messages.map((one) => `${String(one.author ?? one.role).padEnd(10)} ${oneLine(String(one.content))}`),
        ];
      },
    },
    {
      title: 'go on with the conversation',
      run: async () => {
        const { messages, message_count } = await server.call(
          'save_turn',
          { conversation_key: CONVERSATION_KEY, user: 'mara', messages: SECOND_TURN },
          saved,
        );
        editedId = messages[0]?.id ?? '';
        expect(
          message_count === wholeConversation.length,
          `${wholeConversation.length} messages were expected and ${message_count} are stored`,
        );
        return `${messages.length} more, ${message_count} in all`;
      },
    },
    {
      title: 'search for "gluten free dinner"',
      run: async () => {
        const { hits } = await server.call('search_messages', { query: 'gluten free dinner', limit: 3 }, found);
        expect(hits.length > 0, 'nothing was found');
        return [
          `${hits.length} hits, best first`,
          ...hits.map(({ message: { seq }, snippet }) => `message ${String(seq).padEnd(2)} ${oneLine(snippet)}`),
        ];
      },
    },
    {
      title: 'page backwards, two messages at a time',
      run: async () => {
        const pages: z.output<typeof history>[] = [];
        let before: number | undefined;
        do {
          const page = { conversation_id: conversationId, limit: 2, ...(before === undefined ? {} : { before_seq: before }) };
          pages.unshift(await server.call('load_history', page, history));
          before = pages[0]?.messages[0]?.seq;
        } while (pages[0]?.has_more_before && pages.length < 10);
        expect(
          sameMessages(
            pages.flatMap((page) => page.messages),
            wholeConversation,
          ),
          'the pages together are not the conversation',
        );
        return `${pages.length} pages, together the whole conversation`;
      },
    },
    {
      title: 'list conversations',
      run: async () => {
        const { conversations } = await server.call('list_conversations', { user: 'mara' }, listed);
        const mine = conversations.find(({ id }) => id === conversationId);
        expect(mine !== undefined, 'the conversation is not in the list');
        return `"${mine?.title}", ${mine?.message_count} messages`;
      },
    },
  ];
  if (!tools.includes('edit_message') || !tools.includes('poll_events')) return steps;

  return [
    ...steps,
    {
      title: 'correct a message',
      run: async () => {
        await server.call('edit_message', { message_id: editedId, content: CORRECTION }, z.unknown());
        const { messages } = await server.call('load_history', { conversation_id: conversationId }, history);
        expect(messages.find(({ id }) => id === editedId)?.content === CORRECTION, 'the correction was not stored');
        return '19:30 became 20:00';
      },
    },
    {
      title: 'read the event it left',
      run: async () => {
        const { events } = await server.call('poll_events', { after: '0', conversation_id: conversationId }, polled);
        expect(
          events.some(({ type, message_id }) => type === 'edited' && message_id === editedId),
          'there is no event about the correction',
        );
        return `${events.length} events, the last one "${events.at(-1)?.type}"`;
      },
    },
  ];
}

function sameMessages(stored: readonly z.output<typeof message>[], sent: readonly { role: string; content: string }[]): boolean {
  const fields = (one: Readonly<Record<string, unknown>>) =>
    ['role', 'author', 'content', 'tool_calls', 'tool_results'].map((name) => one[name]);
  return isDeepStrictEqual(stored.map(fields), sent.map(fields));
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new AppError('internal', otherwise);
}

const WIDTH = 110;
function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line;
}
