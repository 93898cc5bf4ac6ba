import { expect } from 'vitest';
import type { Server } from './servers.js';

type StoredMessage = {
  id: string;
  seq: number;
  turn: number;
  role: string;
  content: string;
  author?: string;
  client_message_id?: string;
  created_at: string;
};
type History = {
  conversation: { id: string; message_count: number; input_tokens: number; output_tokens: number };
  messages: StoredMessage[];
  has_more_after: boolean;
  last_seq: number | null;
};
type Transcript = { conversation: History['conversation']; messages: StoredMessage[] };

/** A whole conversation, page by page from its beginning. */
export async function readAll(server: Server, which: { conversation_id: string } | { conversation_key: string }): Promise<Transcript> {
  const messages: StoredMessage[] = [];
  for (;;) {
    const page: History = await server.call('load_history', { ...which, after_seq: messages.at(-1)?.seq ?? 0, limit: 500 });
    messages.push(...page.messages);
    if (!page.has_more_after) return { conversation: page.conversation, messages };
  }
}

const question = (turn: string): string => `question of ${turn} ✓`;
const answer = (turn: string): string => `answer of ${turn}: ${'word '.repeat(20)}`;

/** Which turns were sent, and which of them the server said it had saved. */
export class TurnLog {
  readonly sent = new Set<string>();
  readonly acknowledged = new Set<string>();
  readonly key: string;

  constructor(conversationKey: string) {
    this.key = conversationKey;
  }

  async save(server: Server, turn: string): Promise<void> {
    this.sent.add(turn);
    await server.call('save_turn', {
      conversation_key: this.key,
      messages: [
        { role: 'user', content: question(turn), client_message_id: `${turn}/user`, input_tokens: 3 },
        { role: 'assistant', content: answer(turn), client_message_id: `${turn}/assistant`, output_tokens: 5 },
      ],
    });
    this.acknowledged.add(turn);
  }

  /** Every acknowledged turn is there, whole and once; nothing is there that nobody sent; numbers and counters are right. */
  expectIn({ conversation, messages }: Transcript): void {
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, at) => at + 1));
    const stored = messages.filter(({ role }) => role === 'user').map(({ client_message_id }) => client_message_id?.split('/')[0] ?? '');
    expect(new Set(stored).size).toBe(stored.length);
    expect(messages.map(({ role, turn, content, client_message_id }) => ({ role, turn, content, client_message_id }))).toEqual(
      stored.flatMap((turn, at) => [
        { role: 'user', turn: at + 1, content: question(turn), client_message_id: `${turn}/user` },
        { role: 'assistant', turn: at + 1, content: answer(turn), client_message_id: `${turn}/assistant` },
      ]),
    );
    expect([...this.acknowledged].filter((turn) => !stored.includes(turn))).toEqual([]);
    expect(stored.filter((turn) => !this.sent.has(turn))).toEqual([]);
    expect(conversation).toMatchObject({
      message_count: messages.length,
      input_tokens: 3 * stored.length,
      output_tokens: 5 * stored.length,
    });
  }
}
