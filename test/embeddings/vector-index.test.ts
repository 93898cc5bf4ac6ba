import { QueryTypes } from 'sequelize';
import { expect, it } from 'vitest';
import { createVectorIndex } from '../../src/db/vector-index.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const NAME = 'message_vectors_hnsw_of_a_test_2_idx';
const DEFINITION = 'on message_vectors (dimensions)';

describeEngines('an index made while others write', (engine) => {
  const valid = async () =>
    (
      await engine.db.sequelize.query<{ valid: boolean }>(
        `select indisvalid as valid from pg_index where indexrelid = to_regclass('${NAME}')`,
        {
          type: QueryTypes.SELECT,
        },
      )
    ).map((row) => row.valid);

  it('is made once, however many want it, and leaves the connections as they were', async () => {
    await Promise.all([1, 2, 3].map(() => createVectorIndex(engine.db, NAME, DEFINITION)));
    expect(await valid()).toEqual([true]);
    await createVectorIndex(engine.db, NAME, DEFINITION);
    const timeouts = await Promise.all(
      [1, 2, 3].map(() =>
        engine.db.query<{ timeout: string }>({ name: 'show_timeout', text: `select current_setting('statement_timeout') as timeout` }, []),
      ),
    );
    const fresh = engine.name === 'postgres' ? '30s' : '0';
    expect(timeouts.flat().map(({ timeout }) => timeout)).toEqual([fresh, fresh, fresh]);
  });

  it('takes the place of one that somebody could not finish', async () => {
    if (!engine.db.capabilities.concurrentTransactions) return;
    const store = await storeFor(engine.db, { tenantId: await engine.freshTenant() });
    const message = { role: 'user' as const, content: 'x', embedding: { model: 'm', values: [1, 0] } };
    await store.turns.save({ messages: [message, message] });
    await engine.db.sequelize.query(`drop index if exists ${NAME}`);
    await expect(engine.db.sequelize.query(`create unique index concurrently ${NAME} ${DEFINITION}`)).rejects.toThrow();
    expect(await valid()).toEqual([false]);
    await createVectorIndex(engine.db, NAME, DEFINITION);
    expect(await valid()).toEqual([true]);
  });
});
