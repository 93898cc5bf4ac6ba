import { QueryTypes } from 'sequelize';
import { expect } from 'vitest';
import { CorpusFolder } from '../../src/repository/corpus-folder.js';
import { messageBytes } from '../../src/repository/sql/message-bytes.js';
import type { TestEngine } from '../support/engines.js';
import { NOW } from './history.js';
import type { World } from './model.js';

/** What hangs on messages and conversations must follow them whatever was removed. */
export async function expectExact(engine: TestEngine, tenantId: string, before: World, after: World): Promise<void> {
  const { db, models } = engine;
  const bytes = await db.sequelize.query<{ id: string; bytes: string }>(
    `select m.conversation_id as id, sum(${messageBytes('m')})::bigint as bytes from messages m where m.tenant_id = :tenantId group by 1`,
    { replacements: { tenantId }, type: QueryTypes.SELECT },
  );
  const sum = (of: (number | null)[]) => of.reduce<number>((total, one) => total + (one ?? 0), 0);
  for (const { id, messageCount, inputTokens, outputTokens, storedBytes } of after.conversations) {
    const own = after.messages.filter(({ conversationId }) => conversationId === id);
    expect({
      messageCount,
      inputTokens: Number(inputTokens),
      outputTokens: Number(outputTokens),
      storedBytes: Number(storedBytes),
    }).toEqual({
      messageCount: own.filter(({ deletedAt }) => deletedAt === null).length,
      inputTokens: sum(own.map((one) => one.inputTokens)),
      outputTokens: sum(own.map((one) => one.outputTokens)),
      storedBytes: Number(bytes.find((one) => one.id === id)?.bytes ?? 0),
    });
  }
  const folder = new CorpusFolder(db, () => NOW);
  await folder.foldAll(tenantId);
  expect(await folder.verify(tenantId)).toMatchObject({ waiting: 0, wrong: 0 });

  const messages = new Set(after.messages.map(({ id }) => id));
  const conversations = new Set(after.conversations.map(({ id }) => id));
  expect(after.assets.filter(({ messageId }) => !messages.has(messageId))).toEqual([]);
  expect(after.vectors.filter(({ messageId }) => !messages.has(messageId))).toEqual([]);
  const dangling = await models.Task.findAll({ where: { tenantId } });
  expect(dangling.filter(({ messageId }) => messageId !== null && !messages.has(messageId))).toEqual([]);
  expect(dangling.filter(({ conversationId }) => conversationId !== null && !conversations.has(conversationId))).toEqual([]);

  const contentOf = (event: World['events'][number]) =>
    ['edited', 'updated'].includes(event.type) && (event.before !== null || event.after !== null);
  const lost = before.conversations.filter(({ id }) => !conversations.has(id)).map(({ id }) => id);
  const goneMessages = before.messages.filter(({ id }) => !messages.has(id));
  expect(after.events.filter((event) => contentOf(event) && lost.includes(event.conversationId))).toEqual([]);
  expect(after.events.filter((event) => contentOf(event) && goneMessages.some(({ id }) => id === event.messageId))).toEqual([]);

  const tombstones = after.events.filter(({ type, occurredAt }) => type === 'purged' && occurredAt.getTime() === NOW.getTime());
  const alone = goneMessages.filter(({ conversationId }) => conversations.has(conversationId)).map(({ id }) => id);
  const stayed = tombstones.filter(({ messageId, conversationId }) => messageId !== null && conversations.has(conversationId));
  expect(stayed.map(({ messageId }) => messageId).sort()).toEqual(alone.sort());
  expect(
    tombstones
      .filter(({ messageId }) => messageId === null)
      .map(({ conversationId }) => conversationId)
      .sort(),
  ).toEqual(lost.sort());
}
