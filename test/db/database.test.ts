import { Writable } from 'node:stream';
import { pino } from 'pino';
import { QueryTypes } from 'sequelize';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/db/open.js';
import { describeEngines } from '../support/engines.js';
import { run } from './support/folder.js';

describeEngines('database', (engine) => {
  test('values come back in one documented form, from query and from Sequelize', async () => {
    const text = `select 1::int4 as i4, 2::int8 as i8, 1.5::numeric as n, 2.5::float8 as f, true as b, null as z,
      '2024-03-01T10:00:00.123Z'::timestamptz as t, '{"a": [1]}'::jsonb as j, '{a,NULL}'::text[] as a,
      '00000000-0000-0000-0000-000000000001'::uuid as u`;
    const expected = {
      i4: 1,
      i8: '2',
      n: '1.5',
      f: 2.5,
      b: true,
      z: null,
      t: new Date('2024-03-01T10:00:00.123Z'),
      j: { a: [1] },
      a: ['a', null],
      u: '00000000-0000-0000-0000-000000000001',
    };
    expect(await run(engine.db, text)).toEqual([expected]);
    expect(await engine.db.sequelize.query(text, { type: QueryTypes.SELECT })).toEqual([expected]);
  });

  test('a statement outside of the transaction it runs in is refused at once', async () => {
    const { db } = engine;
    const started = Date.now();
    await expect(db.transaction(() => run(db, 'select 1'))).rejects.toThrow('outside of the transaction');
    await expect(db.transaction(() => db.transaction(async () => 1))).rejects.toThrow('outside of the transaction');
    await expect(db.transaction(() => db.sequelize.query('select 1'))).rejects.toThrow('outside of the transaction');
    await expect(db.transaction(() => engine.models.Tenant.findAll())).rejects.toThrow('outside of the transaction');
    expect(Date.now() - started).toBeLessThan(2_000);
    expect(await db.transaction((transaction) => engine.models.Tenant.count({ transaction }))).toBeGreaterThanOrEqual(0);
  });

  test('what a transaction leaves running is outside of it once it is over', async () => {
    const { db } = engine;
    let later: Promise<unknown> | undefined;
    let over: () => void = () => undefined;
    const isOver = new Promise<void>((resolve) => {
      over = resolve;
    });
    await db.transaction(async () => {
      later = isOver.then(() => run(db, 'select 1 as n'));
    });
    over();
    expect(await later).toEqual([{ n: 1 }]);
  });

  test('a transaction that fails leaves nothing, and its error arrives as it was', async () => {
    const { db } = engine;
    await run(db, 'create table attempts (n int primary key)');
    const failure = new Error('on purpose');
    const insert = { name: 'insert_attempt', text: 'insert into attempts values ($1)' };
    await expect(
      db.transaction(async (transaction) => {
        await db.query(insert, [1], transaction);
        throw failure;
      }),
    ).rejects.toBe(failure);
    await expect(
      db.transaction(async (transaction) => {
        await db.query(insert, [2], transaction);
        await db.query(insert, [2], transaction);
      }),
    ).rejects.toMatchObject({ code: '23505', constraint: 'attempts_pkey' });
    expect(await run(db, 'select * from attempts')).toEqual([]);
  });

  test('a statement is repeated for the constraints it names, and only for those', async () => {
    const { db } = engine;
    await run(db, 'create table races (key text constraint races_key unique)');
    await run(db, 'create sequence race_runs');
    // Inserts blindly the first time, as a statement does that has not seen the winner's row.
    const text = `insert into races select 'x' where nextval('race_runs') <= 2 or not exists (select from races) returning key`;
    await run(db, text);
    await expect(db.query({ name: 'race_1', text }, [])).rejects.toMatchObject({ code: '23505' });
    await run(db, `select setval('race_runs', 1)`);
    expect(await db.query({ name: 'race_2', text, retryOn: ['races_key'] }, [])).toEqual([]);
  });

  test('a transaction is run again when the database asks for it', async () => {
    const { db } = engine;
    let runs = 0;
    const raise = { name: 'raise', text: `do $$ begin raise exception 'again' using errcode = '40001'; end $$` };
    const result = await db.transaction(async (transaction) => {
      runs += 1;
      if (runs < 3) await db.query(raise, [], transaction);
      return 'done';
    });
    expect({ result, runs }).toEqual({ result: 'done', runs: 3 });
  });

  test('listeners hear what anybody sends, until they stop', async () => {
    const { db } = engine;
    const heard: string[] = [];
    const stopFirst = await db.listen('news', (payload) => heard.push(`first ${payload}`));
    const stopSecond = await db.listen('news', (payload) => heard.push(`second ${payload}`));
    await run(db, `select pg_notify('news', 'one')`);
    await expect.poll(() => heard).toEqual(['first one', 'second one']);
    await stopFirst();
    await run(db, `select pg_notify('news', 'two')`);
    await expect.poll(() => heard).toEqual(['first one', 'second one', 'second two']);
    await stopSecond();
  });

  test('logSql shows statements and how many values they had, never the values', async () => {
    const lines: string[] = [];
    const log = pino({}, new Writable({ write: (line, _encoding, done) => done(void lines.push(String(line))) }));
    const db = await openDatabase({ ...engine.config, logSql: true }, log);
    await db.query({ name: 'logged', text: 'select $1::text as a' }, ['secret']);
    await db.sequelize.query('select 1 as from_sequelize');
    await db.close();
    const text = lines.join('');
    expect(text).toContain('"sql":"select $1::text as a","name":"logged","parameters":1');
    expect(text).toContain('from_sequelize');
    expect(text).not.toContain('secret');
  });

  test('close waits for what is running, and then refuses', async () => {
    const db = await openDatabase(engine.config, pino({ level: 'silent' }));
    const running = db.query({ name: 'running', text: 'select pg_sleep(0.1), 1 as n' }, []);
    // Sent before the pool is told to drain.
    await db.query({ name: 'first', text: 'select 1' }, []);
    await db.close();
    expect(await running).toMatchObject([{ n: 1 }]);
    await expect(db.query({ name: 'first', text: 'select 1' }, [])).rejects.toMatchObject({ code: 'unavailable' });
    await expect(db.transaction(async () => 1)).rejects.toMatchObject({ code: 'unavailable' });
    await db.close();
  });

  test('close does not wait for a transaction that does not end', async () => {
    const db = await openDatabase(engine.config, pino({ level: 'silent' }));
    let entered: () => void = () => undefined;
    const isInside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const endless = db.transaction(() => {
      entered();
      return new Promise<void>(() => undefined);
    });
    endless.catch(() => undefined);
    await isInside;
    const started = Date.now();
    await db.close();
    expect(Date.now() - started).toBeLessThan(3_000);
    // The engine is free again for the others.
    expect(await run(engine.db, 'select 1 as n')).toEqual([{ n: 1 }]);
  });

  test('facts for people name the engine and no password', async () => {
    const facts = await engine.db.describe();
    expect(facts.engine).toBe(engine.name);
    expect(facts.version).toMatch(/^PostgreSQL \d+/);
    expect(facts.extensions.map(({ name }) => name)).toContain('plpgsql');
    expect(facts.role).toBe(engine.name === 'embedded' ? 'leader' : 'client');
    expect(facts.processes.map(({ pid }) => pid)).toEqual(engine.name === 'embedded' ? [process.pid] : []);
    expect(JSON.stringify(facts)).not.toContain('password');
  });
});
