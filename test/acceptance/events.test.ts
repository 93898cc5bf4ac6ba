import { expect, inject, it } from 'vitest';
import { openDatabase } from '../../src/db/open.js';
import { createLog } from '../../src/log.js';
import type { EventRecord } from '../../src/repository/events.js';
import type { Store } from '../../src/repository/store.js';
import { createDatabase, dropDatabase, newDatabaseName, withDatabase } from '../support/databases.js';
import { storeFor } from '../support/store.js';
import { amount } from './servers.js';

const WRITERS = 6;
const READERS = 3;
const TRANSACTIONS = amount('TRANSACTIONS', 12);
const server = inject('postgres');

it.skipIf(!server)(
  'poll_events misses nothing and repeats nothing while transactions of many lengths overlap',
  async () => {
    const { url, template } = server!;
    const name = newDatabaseName();
    await createDatabase(url, name, template);
    const open = () =>
      openDatabase({ url: withDatabase(url, name), dataDir: '.', durability: 'full', logSql: false, poolMax: WRITERS }, createLog('error'));
    const [writing, reading] = await Promise.all([open(), open()]);
    try {
      const tenantId = 'writers';
      const store = await storeFor(writing, { tenantId });
      const reader = await storeFor(reading, { tenantId });
      const write = async (writer: number): Promise<string[]> => {
        const committed: string[] = [];
        for (let count = 0; count < TRANSACTIONS; count += 1) {
          const messages = 1 + ((writer * 5 + count * 3) % 11);
          const work = store.transaction(async (inside) => {
            const ids: string[] = [];
            for (let said = 0; said < messages; said += 1) ids.push(await say(inside));
            if (count % 4 === 3) throw new Abandoned();
            return ids;
          });
          committed.push(...(await work.catch(ifAbandoned)));
        }
        return committed;
      };
      let expected = Number.POSITIVE_INFINITY;
      const read = async (): Promise<EventRecord[]> => {
        const events: EventRecord[] = [];
        let after = '0';
        while (events.length < expected) {
          const page = await reader.events.poll({ after, limit: 7 });
          events.push(...page.events);
          after = page.nextCursor;
        }
        expect((await reader.events.poll({ after, limit: 7 })).events).toEqual([]);
        return events;
      };

      const readers = Promise.all(Array.from({ length: READERS }, read));
      const committed = (await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)))).flat();
      // Each message started a conversation, which has an event too.
      expected = committed.length * 2;
      const [first, ...others] = await readers;
      const told = first!.flatMap(({ messageId }) => messageId ?? []);
      expect(first).toHaveLength(expected);
      expect(told.toSorted()).toEqual(committed.toSorted());
      const places = (events: EventRecord[]) => events.map(({ eventSeq }) => eventSeq).sort((a, b) => a - b);
      for (const events of others) expect(places(events)).toEqual(places(first!));
    } finally {
      await Promise.all([writing.close(), reading.close()]);
      await dropDatabase(url, name);
    }
  },
  60_000,
);

class Abandoned extends Error {}

const ifAbandoned = (error: unknown): string[] => {
  if (error instanceof Abandoned) return [];
  throw error;
};

const say = async (store: Store): Promise<string> => {
  const { messages } = await store.turns.save({ messages: [{ role: 'user', content: 'something' }] });
  return messages[0]!.id;
};
