import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { newId } from '../../src/ids.js';
import { TENANT_FILE } from '../../src/services/transfer/format.js';
import { FileWriter } from '../../src/services/transfer/write-file.js';
import { type Corpus, PER_CONVERSATION, USERS, userOf } from '../scale/corpus.js';

const STORED = ['user', 'conversation', 'message', 'event'];
const EVERYBODY = '00000000-0000-0000-0000-000000000000';
const LAST_DAY = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

/** A file as an export would write it: conversations of a hundred messages, an hour apart, each message with its event. */
export async function writeGiven(
  file: string,
  size: number,
  corpus: Corpus,
  columns: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const parts: string[] = [];
  const writer = new FileWriter(async (text) => void parts.push(text));
  const add = (type: string, row: object) => writer.row(type, JSON.stringify(row));
  const begun = LAST_DAY - (size / PER_CONVERSATION) * HOUR;
  async function* lines(): AsyncGenerator<string> {
    await writer.header(TENANT_FILE, new Map(STORED.map((type) => [type, columns.get(type) ?? []])));
    const users = Array.from({ length: USERS }, () => newId());
    for (const [at, id] of users.entries())
      await add('user', { id, external_id: userOf(at), profile: {}, documents: {}, metadata: {}, ...stamps(begun) });
    for (let made = 0; made < size; made += PER_CONVERSATION) {
      const conversation = made / PER_CONVERSATION;
      const [id, user, started] = [newId(), users[conversation % USERS], begun + conversation * HOUR];
      const at = new Date(started).toISOString();
      await add('conversation', {
        ...{ id, user_id: user, key_owner_id: EVERYBODY, status: 'active', metadata: {}, legal_hold: false },
        ...{ last_seq: PER_CONVERSATION, last_turn: PER_CONVERSATION / 2, last_stretch: 1, last_role: 'assistant' },
        ...{ message_count: PER_CONVERSATION, input_tokens: 0, output_tokens: 0, stored_bytes: 100 * PER_CONVERSATION },
        ...{ started_at: at, last_activity_at: at, last_message_at: at, ...stamps(started) },
      });
      const messages = Array.from({ length: PER_CONVERSATION }, () => newId());
      for (const [seq, message] of messages.entries()) {
        const { text } = corpus.message(made + seq);
        await add('message', {
          ...{ id: message, conversation_id: id, seq: seq + 1, turn: (seq >> 1) + 1, stretch: 1, user_id: user },
          ...{ role: seq % 2 === 0 ? 'user' : 'assistant', type: 'text', status: 'sent', content: text, text },
          ...{ asset_count: 0, metadata: {}, ...stamps(started + seq * 20_000) },
        });
      }
      for (const [seq, message] of messages.entries())
        await add('event', {
          ...{ conversation_id: id, message_id: message, user_id: user, type: 'created', actor: 'service' },
          ...{ after: { seq: seq + 1, turn: (seq >> 1) + 1, role: seq % 2 === 0 ? 'user' : 'assistant' }, occurred_at: at },
        });
      yield parts.splice(0).join('');
    }
    await writer.end();
    yield parts.splice(0).join('');
  }
  await pipeline(Readable.from(lines()), createWriteStream(file));
}

const stamps = (at: number) => ({ created_at: new Date(at).toISOString(), updated_at: new Date(at).toISOString() });
