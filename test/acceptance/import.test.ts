import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createDataFolder, type Server, startServer } from './servers.js';
import { readAll } from './turns.js';

type Spoken = { id: string; session: number; speaker: string; text: string; date: string };
type Chat = { id: string; speakers: [string, string]; turns: Spoken[] };

const file = process.env.RECOLLECT_CHATS_FILE ?? new URL('./fixtures/chats.json', import.meta.url);
const chats = JSON.parse(await readFile(file, 'utf8')) as Chat[];

it(`brings ${chats.length} chats in turn by turn and gives them back as they were: text, order, speakers, times`, async () => {
  await using folder = await createDataFolder();
  await using server = await startServer(folder.env);
  for (const chat of chats) for (const exchange of exchangesOf(chat)) await save(server, chat, exchange);

  await using reader = await startServer(folder.env);
  let count = 0;
  for (const chat of chats) {
    const { conversation, messages } = await readAll(reader, { conversation_key: chat.id });
    expect(messages.map(({ content, author, role, created_at, seq }) => ({ content, author, role, created_at, seq }))).toEqual(
      chat.turns.map(({ text, speaker, date }, at) => ({
        content: text,
        author: speaker,
        role: roleOf(chat, speaker),
        created_at: new Date(date).toISOString(),
        seq: at + 1,
      })),
    );
    expect(conversation.message_count).toBe(chat.turns.length);
    count += messages.length;
  }
  expect(count).toBe(chats.reduce((sum, { turns }) => sum + turns.length, 0));
}, 300_000);

const roleOf = ({ speakers }: Chat, speaker: string): 'user' | 'assistant' => (speaker === speakers[0] ? 'user' : 'assistant');

/** What is said from one word of the first speaker to the next, within one session. */
function exchangesOf(chat: Chat): Spoken[][] {
  const exchanges: Spoken[][] = [];
  chat.turns.forEach((spoken, at) => {
    const before = chat.turns[at - 1];
    const opens = roleOf(chat, spoken.speaker) === 'user' && before?.speaker !== spoken.speaker;
    if (!before || opens || before.session !== spoken.session) exchanges.push([]);
    exchanges.at(-1)?.push(spoken);
  });
  return exchanges;
}

const save = (server: Server, chat: Chat, exchange: Spoken[]): Promise<unknown> =>
  server.call('save_turn', {
    conversation_key: chat.id,
    session: `${chat.id}/${exchange[0]?.session}`,
    messages: exchange.map(({ id, speaker, text, date }) => ({
      role: roleOf(chat, speaker),
      author: speaker,
      content: text,
      client_message_id: id,
      created_at: date,
    })),
  });
