import { expect, it } from 'vitest';
import { EmbeddingServer } from '../embeddings/server.js';
import { catchUp, say, settingsOf, worldOf } from '../embeddings/world.js';
import { describeEngines } from '../support/engines.js';

describeEngines('what is still to be embedded, where there are many messages', (engine) => {
  it('is told from how far the model has come', async () => {
    const { tenantId, store, pending, vectors } = await worldOf(engine);
    const { conversationId, messages } = await store.turns.save({ messages: [...say(20), { role: 'tool', content: '' }] });
    /** As many messages as the counters say make the figures come from the model's progress. */
    const seem = (messageCount: number) => engine.models.Conversation.update({ messageCount }, { where: { tenantId, id: conversationId } });
    const both = async () => {
      await seem(30_000);
      const estimated = await pending();
      await seem(20);
      return [estimated, await pending()];
    };
    expect(await both()).toEqual([20, 20]);

    await using server = await EmbeddingServer.start();
    await catchUp(engine, tenantId, settingsOf(server));
    expect(await both()).toEqual([0, 0]);
    await store.turns.save({ messages: say(3, 'the moon') });
    await store.messages.edit(messages[0]!.id, { content: 'a dog now' });
    await store.messages.softDelete(messages[1]!.id);
    expect(await both()).toEqual([4, 4]);
    await catchUp(engine, tenantId, settingsOf(server));
    expect(await both()).toEqual([0, 0]);

    // A walk that has come half way, newest first.
    const walked = messages[10]!.id;
    const older = (await vectors()).filter(({ messageId }) => messageId < walked && messageId !== messages[1]!.id);
    await engine.models.MessageVector.destroy({ where: { tenantId, id: older.map(({ id }) => id) } });
    await engine.models.EmbeddingSpace.update({ coveredAt: null, walkAfter: walked }, { where: { tenantId } });
    expect(older.length).toBeGreaterThan(5);
    expect(await both()).toEqual([older.length, older.length]);
  });
});
