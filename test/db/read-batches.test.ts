import type pg from 'pg';
import { expect, it } from 'vitest';
import { connectTo } from '../../bench/place.js';
import type { Statement } from '../../src/db/database.js';
import { openDatabase } from '../../src/db/open.js';
import { ReadBatches } from '../../src/db/read-batches.js';
import { destroySocket } from '../../src/db/sequelize-internals.js';
import { sendAround } from '../../src/db/tenant-query.js';
import { createLog } from '../../src/log.js';
import { describeEngines } from '../support/engines.js';

const OWN: Statement = {
  name: 'own',
  text: `select $1::text as asked, $2::int as n, coalesce(current_setting('app.tenant', true), '') as bound`,
  brief: true,
};
const divide = (client: pg.Client, by: number) => sendAround(client, { name: 'divide', text: 'select 12 / $1::int as n', values: [by] });

describeEngines('brief reads', (engine) => {
  /** One connection, lent when `free` is called. */
  async function lender() {
    const client = await connectTo(engine.config);
    client.on('error', () => undefined);
    const waiting: ((client: pg.Client) => void)[] = [];
    const seen = { taken: 0, back: 0, discarded: 0 };
    return {
      client,
      seen,
      free: () => waiting.shift()?.(client),
      reads: new ReadBatches({
        take: () => {
          seen.taken += 1;
          return new Promise((resolve) => waiting.push(resolve));
        },
        giveBack: () => {
          seen.back += 1;
          waiting.shift()?.(client);
        },
        discard: async () => {
          seen.discarded += 1;
        },
      }),
      [Symbol.asyncDispose]: () => client.end(),
    };
  }

  it('that wait go together, up to eight, and each has its own answer', async () => {
    await using one = await lender();
    const answers = Array.from({ length: 20 }, (_, at) => one.reads.run((client) => divide(client, at + 1)));
    expect(one.seen.taken).toBe(3);
    one.free();
    expect((await Promise.all(answers)).flat()).toEqual(Array.from({ length: 20 }, (_, at) => ({ n: Math.trunc(12 / (at + 1)) })));
    expect(one.seen).toEqual({ taken: 3, back: 3, discarded: 0 });
  });

  it('that fail leave the others as they are', async () => {
    await using one = await lender();
    const answers = [3, 0, 4].map((by) => one.reads.run((client) => divide(client, by)));
    one.free();
    const [first, second, third] = await Promise.allSettled(answers);
    expect(first).toMatchObject({ value: [{ n: 4 }] });
    expect(second).toMatchObject({ reason: { code: '22012' } });
    expect(third).toMatchObject({ value: [{ n: 3 }] });
    expect(one.seen).toEqual({ taken: 1, back: 1, discarded: 0 });
  });

  it('give a connection that is lost to nobody else', async () => {
    await using one = await lender();
    const answers = [1, 2].map((by) =>
      one.reads.run((client) => {
        const answer = divide(client, by);
        if (by === 2) destroySocket(client);
        return answer;
      }),
    );
    one.free();
    for (const answer of answers) await expect(answer).rejects.toThrow(/Connection terminated/);
    expect(one.seen).toEqual({ taken: 1, back: 0, discarded: 1 });
  });

  it('fail together when there is no connection, and are served when there is one', async () => {
    await using one = await lender();
    let isThere = false;
    const reads = new ReadBatches({
      take: async () => {
        if (!isThere) throw new Error('none');
        return one.client;
      },
      giveBack: () => undefined,
      discard: async () => undefined,
    });
    const failing = await Promise.allSettled([1, 2, 3].map((by) => reads.run((client) => divide(client, by))));
    expect(failing.map((answer) => answer.status)).toEqual(['rejected', 'rejected', 'rejected']);
    isThere = true;
    expect(await reads.run((client) => divide(client, 6))).toEqual([{ n: 2 }]);
  });

  it('of many tenants over one connection see their own tenant, and let a change through', async () => {
    const tenants = await Promise.all(Array.from({ length: 5 }, () => engine.freshTenant()));
    const db = await openDatabase({ ...engine.config, poolMax: 1 }, createLog('error'));
    try {
      const done: string[] = [];
      const read = async (at: number) => {
        const tenant = tenants[at % tenants.length]!;
        const rows = await db.forTenant(tenant).query(OWN, [tenant, at]);
        done.push('read');
        expect(rows).toEqual([{ asked: tenant, n: at, bound: db.capabilities.rowSecurity ? tenant : '' }]);
      };
      const reads = Array.from({ length: 40 }, (_, at) => read(at));
      const change = db.transaction(async () => done.push('change'));
      await Promise.all([...reads, ...Array.from({ length: 40 }, (_, at) => read(at)), change]);
      expect(done.indexOf('change')).toBeLessThan(60);
    } finally {
      await db.close();
    }
  });
});
