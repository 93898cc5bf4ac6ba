import { expect, inject, it } from 'vitest';
import { connectTo } from '../../bench/place.js';
import { openDatabase } from '../../src/db/open.js';
import { toAppError } from '../../src/db/pg-errors.js';
import { connectionsOf } from '../../src/db/sequelize-internals.js';
import { sendAround } from '../../src/db/tenant-query.js';
import { createLog } from '../../src/log.js';
import { describeEngines } from '../support/engines.js';

const TYPES = `select $1::text as text, $2::int as int, $3::boolean as yes, $4::text is null as nothing, $5::jsonb as json, $6::timestamptz as time`;

describeEngines('a prepared statement', (engine) => {
  async function open() {
    const client = await connectTo(engine.config);
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
  }

  it('answers as the driver does, when it is met first and later', async () => {
    await using client = await open();
    const odd = 'é 🦆 \u0001 "\\ \ud800';
    const values = [odd, 7, true, undefined, '{"a":[1,null]}', '2024-05-01T10:00:00.123Z'];
    const { rows: expected } = await client.query({ name: 'driver', text: TYPES, values });
    expect(expected[0].text).toBe(odd.toWellFormed());
    for (let time = 0; time < 3; time += 1) {
      expect(await sendAround(client, { name: 'ours', text: TYPES, values })).toEqual(expected);
      // An object or a Date is the driver's to write; the statement is the same.
      const written = [odd, 7, true, null, { a: [1, null] }, new Date('2024-05-01T10:00:00.123Z')];
      expect(await sendAround(client, { name: 'ours', text: TYPES, values: written })).toEqual(expected);
    }
    const { rows } = await client.query(`select count(*)::int as count from pg_prepared_statements where name ~ '(^|[.])ours$'`);
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('answers no row, no column, and many', async () => {
    await using client = await open();
    const set = { name: 'set', text: 'create temporary table if not exists t (n int)', values: [] };
    const insert = { name: 'insert', text: 'insert into t select generate_series(1, $1::int)', values: [3] };
    const read = { name: 'read', text: 'select n from t where n > $1 order by n', values: [1] };
    for (let time = 1; time <= 3; time += 1) {
      expect(await sendAround(client, set)).toEqual([]);
      expect(await sendAround(client, insert)).toEqual([]);
      expect(await sendAround<{ n: number }>(client, read)).toHaveLength(2 * time);
      expect(await sendAround(client, { ...read, values: [3] })).toEqual([]);
    }
  });

  it('that fails leaves the connection as it was, and works the next time', async () => {
    await using client = await open();
    const divide = (by: number) => sendAround(client, { name: 'divide', text: 'select 1 / $1::int as n', values: [by] });
    const wrong = () => sendAround(client, { name: 'wrong', text: 'select nothing from nowhere', values: [] });
    for (let time = 0; time < 2; time += 1) {
      await expect(divide(0)).rejects.toMatchObject({ code: '22012' });
      expect(await divide(1)).toEqual([{ n: 1 }]);
      await expect(wrong()).rejects.toMatchObject({ code: '42P01' });
    }
    await expect(sendAround(client, { name: 'divide', text: 'select 2', values: [] })).rejects.toThrow(
      'divide was used for a different statement',
    );
    await expect(sendAround(client, { name: 'nul', text: 'select $1::text as t', values: ['a\0b'] })).rejects.toMatchObject({
      code: /^22/,
    });
    expect(await divide(1)).toEqual([{ n: 1 }]);
  });

  it('fails when its answer cannot be read', async () => {
    await using client = await open();
    client.setTypeParser(23 as never, () => {
      throw new Error('unreadable');
    });
    await expect(sendAround(client, { name: 'one', text: 'select 1 as n', values: [] })).rejects.toThrow('unreadable');
    expect(await sendAround(client, { name: 'text', text: `select 'x' as t`, values: [] })).toEqual([{ t: 'x' }]);
  });

  it('fails when the connection is lost', async () => {
    await using client = await open();
    client.on('error', () => undefined);
    const waiting = sendAround(client, { name: 'sleep', text: 'select pg_sleep(0.5)', values: [] });
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    await expect(waiting).rejects.toThrow(/Connection terminated/);
    await expect(sendAround(client, { name: 'after', text: 'select 1', values: [] })).rejects.toThrow();
  });

  it('is unavailable when no connection comes free', async () => {
    const db = await openDatabase({ ...engine.config, poolMax: 1 }, createLog('error'));
    try {
      Object.assign(connectionsOf(db.sequelize).pool, { acquireTimeoutMillis: 50 });
      let end = (): void => undefined;
      const over = new Promise<void>((resolve) => {
        end = resolve;
      });
      let holding: Promise<void> | undefined;
      await new Promise<void>((begun) => {
        holding = db.transaction(() => {
          begun();
          return over;
        });
      });
      const statement = { name: 'one', text: 'select 1 as n' };
      const error = await db.query(statement, []).catch((failure: unknown) => failure);
      end();
      await holding;
      expect(toAppError(error)).toMatchObject({ code: 'unavailable' });
      expect(await db.query(statement, [])).toEqual([{ n: 1 }]);
    } finally {
      await db.close();
    }
  });
});

it.skipIf(!inject('postgres'))('is said around with the role and the tenant, whose answers are nobody’s', async () => {
  const client = await connectTo({ url: inject('postgres')!.url, dataDir: '' });
  const who = { name: 'who', text: `select current_setting('app.tenant', true) as tenant, current_setting('role') as role`, values: [] };
  try {
    for (let time = 0; time < 2; time += 1) {
      expect(await sendAround(client, who, { before: ['a', 'pg_monitor'] })).toEqual([{ tenant: 'a', role: 'pg_monitor' }]);
      expect(await sendAround(client, who)).toEqual([{ tenant: '', role: 'none' }]);
    }
    await client.query('begin');
    expect(await sendAround(client, { name: 'other', text: 'select 1 as n', values: [] }, { after: ['b', 'pg_monitor'] })).toEqual([
      { n: 1 },
    ]);
    expect(await sendAround(client, who, { before: ['c', 'none'], after: ['b', 'pg_monitor'] })).toEqual([{ tenant: 'c', role: 'none' }]);
    expect(await sendAround(client, who)).toEqual([{ tenant: 'b', role: 'pg_monitor' }]);
    await client.query('rollback');
  } finally {
    await client.end();
  }
});
