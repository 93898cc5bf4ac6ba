import { expect, it } from 'vitest';
import { conversationOf, load, tenantOf } from '../../bench/load.js';
import { OPERATIONS } from '../../bench/operations.js';
import { connectTo } from '../../bench/place.js';
import { openStore } from '../../bench/workload.js';
import { openDatabase } from '../../src/db/open.js';
import { createLog } from '../../src/log.js';
import { describeEngines } from '../support/engines.js';

const SIZE = 20_000;
/** PostgreSQL looks at five plans made for their values before it may settle for the prepared one. */
const LEARNING = 5;
const CALLS = 15;

describeEngines('statements of the hot paths', (engine) => {
  it.each(OPERATIONS)(
    '$name is not planned anew for each call in a long conversation',
    async ({ name, inProcess }) => {
      const loader = await connectTo(engine.config);
      const there = await loader.query('select from tenants where id = $1', [tenantOf(SIZE)]);
      if (there.rowCount === 0) await load(loader, SIZE, () => {});
      await loader.end();

      const db = await openDatabase({ ...engine.config, poolMax: 1 }, createLog('error'));
      try {
        const store = await openStore(db, tenantOf(SIZE));
        for (let call = 0; call < CALLS; call += 1) await inProcess(store, conversationOf(SIZE));
        const [plans] = await db.query<{ custom: string; generic: string }>(
          {
            name: 'plans',
            text: `select custom_plans as custom, generic_plans as generic from pg_prepared_statements where name ~ ('(^|[.])' || $1 || '$')`,
          },
          [name],
        );
        expect(plans).toEqual({ custom: String(LEARNING), generic: String(CALLS - LEARNING) });
      } finally {
        await db.close();
      }
    },
    60_000,
  );
});
