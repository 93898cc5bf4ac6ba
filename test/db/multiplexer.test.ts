import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Multiplexer } from '../../src/db/embedded/multiplexer.js';
import { openPglite, type PgliteEngine } from '../../src/db/embedded/pglite-engine.js';
import { socketTo } from '../../src/db/embedded/socket-path.js';
import { MessageReader, simpleQuery, typeOf } from '../../src/db/embedded/wire.js';
import { copyTemplate } from '../support/copy-template.js';

let folder: string;
let engine: PgliteEngine;
let socket: string;
const multiplexer = new Multiplexer();
const clients: pg.Client[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recollect-mux-'));
  copyTemplate(folder);
  socket = join(folder, 'socket');
  await multiplexer.listen(socket);
  // The first client is there before the engine is, as a follower is that finds a leader just starting.
  const early = connect();
  engine = await openPglite(join(folder, 'pgdata'), 'fast');
  multiplexer.open(engine);
  await (await early).query('create table numbers (n int)');
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  multiplexer.stop();
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const connect = async (): Promise<pg.Client> => {
  const client = new pg.Client({ user: 'postgres', database: 'postgres', stream: () => socketTo(() => socket) });
  client.on('error', () => undefined);
  clients.push(client);
  await client.connect();
  return client;
};

const connectMany = (count: number): Promise<pg.Client[]> => Promise.all(Array.from({ length: count }, connect));

test('every client gets its own answer, with large parameters and unnamed statements', async () => {
  const many = await connectMany(8);
  const answers = await Promise.all(
    many.map(async (client, at) => {
      let own = 0;
      for (let round = 0; round < 20; round += 1) {
        const text = `${at}:${round}:`.padEnd(300_000, 'x');
        const { rows } = await client.query<{ text: string; at: number }>('select $1::text as text, $2::int as at', [text, at]);
        if (rows[0]?.text === text && rows[0].at === at) own += 1;
      }
      return own;
    }),
  );
  expect(answers).toEqual(many.map(() => 20));
});

test('the same statement name means each client its own statement', async () => {
  const [one, two] = (await connectMany(2)) as [pg.Client, pg.Client];
  const ask = async (client: pg.Client, text: string): Promise<unknown> => (await client.query({ name: 'same', text })).rows[0];
  expect(await ask(one, 'select 1 as a')).toEqual({ a: 1 });
  expect(await ask(two, `select 'two' as b`)).toEqual({ b: 'two' });
  expect(await ask(one, 'select 1 as a')).toEqual({ a: 1 });
});

test('a client that leaves takes its statements along', async () => {
  const client = await connect();
  await client.query({ name: 'leaving', text: 'select 1' });
  const other = await connect();
  const count = async (): Promise<number> =>
    (await other.query<{ n: number }>(`select count(*)::int as n from pg_prepared_statements where name like '%leaving'`)).rows[0]!.n;
  expect(await count()).toBe(1);
  await client.end();
  await expect.poll(count).toBe(0);
});

test('transactions wait for each other and never mix', async () => {
  const many = await connectMany(5);
  await many[0]!.query('create table balance (total int); insert into balance values (0)');
  await Promise.all(
    many.map(async (client) => {
      for (let round = 0; round < 5; round += 1) {
        await client.query('begin');
        const { rows } = await client.query<{ total: number }>('select total from balance');
        await client.query('update balance set total = $1', [rows[0]!.total + 1]);
        await client.query('commit');
      }
    }),
  );
  expect((await many[0]!.query('select total from balance')).rows).toEqual([{ total: 25 }]);
});

test('an error inside a transaction stays inside it', async () => {
  const [one, two] = (await connectMany(2)) as [pg.Client, pg.Client];
  await one.query('begin');
  await expect(one.query('select 1/0')).rejects.toMatchObject({ code: '22012' });
  const waiting = two.query('select 7 as n');
  await expect(one.query('select 1')).rejects.toMatchObject({ code: '25P02' });
  await one.query('rollback');
  expect((await waiting).rows).toEqual([{ n: 7 }]);
});

test('a client that dies in a transaction is rolled back and the others go on', async () => {
  const [dying, other] = (await connectMany(2)) as [pg.Client, pg.Client];
  await dying.query('begin');
  await dying.query('insert into numbers values (666)');
  const waiting = other.query('select count(*)::int as n from numbers where n = 666');
  (dying as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  expect((await waiting).rows).toEqual([{ n: 0 }]);
});

test('a notification goes to those who listen, whoever sent it, and to nobody else', async () => {
  const [listening, also, silent, sender] = (await connectMany(4)) as [pg.Client, pg.Client, pg.Client, pg.Client];
  const heard: string[] = [];
  for (const [name, client] of Object.entries({ listening, also, silent }))
    client.on('notification', ({ channel, payload }) => heard.push(`${name} ${channel} ${payload}`));
  await listening.query('listen "Weather Report"');
  await also.query('listen "Weather Report"');
  await also.query('listen other');
  await sender.query(`select pg_notify('Weather Report', 'rain')`);
  await Promise.all([listening, also, silent].map((client) => client.query('select 1')));
  expect(heard.sort()).toEqual(['also Weather Report rain', 'listening Weather Report rain']);

  heard.length = 0;
  await also.query('unlisten *');
  await sender.query(`select pg_notify('Weather Report', 'sun'), pg_notify('other', 'x')`);
  await Promise.all([listening, also].map((client) => client.query('select 1')));
  expect(heard).toEqual(['listening Weather Report sun']);
});

test('session settings and roles belong to the client that set them', async () => {
  const [one, two] = (await connectMany(2)) as [pg.Client, pg.Client];
  await one.query(`create role limited; set role limited; set app.tenant = 'one'`).catch(() => undefined);
  await one.query('set role limited');
  await one.query(`set app.tenant = 'one'`);
  const see = async (client: pg.Client): Promise<unknown> =>
    (await client.query(`select current_user as role, current_setting('app.tenant', true) as tenant`)).rows[0];
  expect(await see(two)).toMatchObject({ role: 'postgres' });
  expect((await see(two)) as { tenant: unknown }).not.toMatchObject({ tenant: 'one' });
  expect(await see(one)).toEqual({ role: 'limited', tenant: 'one' });
  await one.query('reset role');
  expect(await see(one)).toEqual({ role: 'postgres', tenant: 'one' });
  await two.query(`set app.tenant = 'two'`);
  expect(await see(one)).toEqual({ role: 'postgres', tenant: 'one' });
});

test.each(['copy numbers from stdin', 'discard all', 'deallocate all'])('%s is refused and breaks nothing', async (sql) => {
  const [one, two] = (await connectMany(2)) as [pg.Client, pg.Client];
  await two.query({ name: 'kept', text: 'select 1 as a' });
  await expect(one.query(sql)).rejects.toMatchObject({ code: '0A000' });
  expect((await one.query('select 2 as b')).rows).toEqual([{ b: 2 }]);
  expect((await two.query({ name: 'kept', text: 'select 1 as a' })).rows).toEqual([{ a: 1 }]);
});

test('a message above the limit ends its connection with a reason, and only that one', async () => {
  const [large, other] = (await connectMany(2)) as [pg.Client, pg.Client];
  await expect(large.query('select length($1::text)', ['x'.repeat(65 * 1024 * 1024)])).rejects.toMatchObject({ code: '54000' });
  expect((await other.query('select 1 as a')).rows).toEqual([{ a: 1 }]);
});

/** Speaks the protocol by hand: sends as much as it likes and reads when it likes. */
const connectRaw = async (): Promise<Socket> => {
  const raw = connectSocket({ path: socket });
  const parameters = Buffer.from('user\0postgres\0\0');
  const startup = Buffer.alloc(8);
  startup.writeInt32BE(8 + parameters.length, 0);
  startup.writeInt32BE(3 << 16, 4);
  raw.write(Buffer.concat([startup, parameters]));
  await once(raw, 'readable');
  raw.read();
  return raw;
};

/** Reads answers until `count` of them are complete; the rows of each. */
const readAnswers = async (raw: Socket, count: number): Promise<string[]> => {
  const reader = new MessageReader(64 * 1024 * 1024);
  const rows: string[] = [];
  let complete = 0;
  while (complete < count) {
    const chunk = raw.read() as Buffer | null;
    if (chunk) reader.push(chunk);
    else await once(raw, 'readable');
    for (let part = reader.takeMessage(); part; part = reader.takeMessage()) {
      if (typeOf(part) === 'D') rows.push(part.toString('utf8', 11));
      if (typeOf(part) === 'Z') complete += 1;
    }
  }
  return rows;
};

test('a client that does not read its answers holds up nobody and loses none of them', async () => {
  const slow = await connectRaw();
  const other = await connect();
  slow.write(Buffer.concat(Array.from({ length: 20 }, () => simpleQuery(`select repeat('x', 4000000) as text`))));
  for (let round = 0; round < 20; round += 1) expect((await other.query('select $1::int as n', [round])).rows).toEqual([{ n: round }]);
  const rows = await readAnswers(slow, 20);
  expect(rows.map((text) => text.length)).toEqual(Array.from({ length: 20 }, () => 4_000_000));
  slow.destroy();
});

test('statements sent in one go are answered in order', async () => {
  const raw = await connectRaw();
  const numbers = Array.from({ length: 500 }, (_, n) => n);
  raw.write(Buffer.concat(numbers.map((n) => simpleQuery(`select ${n}`))));
  expect((await readAnswers(raw, 500)).map(Number)).toEqual(numbers);
  raw.destroy();
});
