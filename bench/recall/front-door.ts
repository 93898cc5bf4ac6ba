import { estimateTokens } from '../../src/tokens.js';
import type { Server } from '../server.js';
import type { Chat } from './offline/dataset.js';
import { measure } from './offline/measure.js';
import type { RecallTool } from './options.js';
import type { Answer } from './report.js';

const PER_CALL = 100;
const DEPTH = 50;
/** What a tool answers when nobody says how much. */
const PAGE = 10;

/** Saves a chat as an agent would have, session by session. Answers which turn each message is. */
export async function save(server: Server, chat: Chat): Promise<Map<string, string>> {
  const turns = new Map<string, string>();
  for (const session of new Set(chat.turns.map(({ session }) => session))) {
    const said = chat.turns.filter((turn) => turn.session === session);
    for (let from = 0; from < said.length; from += PER_CALL) {
      const part = said.slice(from, from + PER_CALL);
      const messages = part.map(({ speaker, text, caption, date }) => ({
        role: speaker === chat.turns[0]!.speaker ? 'user' : 'assistant',
        author: speaker,
        content: [text, caption].filter(Boolean).join(' '),
        created_at: date.toISOString(),
      }));
      const saved = (await server.call('save_turn', { conversation_key: chat.id, messages })) as { messages: { id: string }[] };
      saved.messages.forEach(({ id }, at) => {
        turns.set(id, `${chat.id}/${part[at]!.id}`);
      });
    }
  }
  return turns;
}

/** Asks every question that has evidence, one after the other. */
export async function ask(server: Server, chat: Chat, turns: ReadonlyMap<string, string>, tool: RecallTool): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const { question, category, evidence } of chat.questions.filter(({ evidence }) => evidence.length > 0)) {
    const started = performance.now();
    const found = await look(server, tool, question);
    const milliseconds = performance.now() - started;
    const order = found.map(({ id }) => turns.get(id) ?? '');
    const tokens = found.slice(0, PAGE).reduce((sum, { text }) => sum + estimateTokens(text), 0);
    const measures = measure(order, new Set(evidence.map((id) => `${chat.id}/${id}`)));
    answers.push({ category, measures, milliseconds, tokens });
  }
  return answers;
}

async function look(server: Server, tool: RecallTool, query: string): Promise<{ id: string; text: string }[]> {
  if (tool === 'recall') {
    const { hits } = (await server.call('recall', { query, sources: ['messages'], limit: DEPTH })) as {
      hits: { id: string; text: string }[];
    };
    return hits;
  }
  const { hits } = (await server.call('search_messages', { query, limit: DEPTH })) as {
    hits: { message: { id: string; content: string } }[];
  };
  return hits.map(({ message }) => ({ id: message.id, text: message.content }));
}
