import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { migrations } from '../../migrations/index.js';
import type { Database, Statement } from '../../src/db/database.js';
import { migrateDown, migrateUp, prepareSchema } from '../../src/db/migrate.js';
import { type DatabaseConfig, openDatabase } from '../../src/db/open.js';
import { createLog } from '../../src/log.js';
import { bindModels } from '../../src/models/bind-models.js';
import { describeEngines } from '../support/engines.js';
import { createOwnedDatabase, type OwnedDatabase } from '../support/logins.js';
import { modelsOf, storeFor } from '../support/store.js';

const server = inject('postgres');
const ask = (text: string, name = `ask_${text.length}_${text.slice(0, 30)}`): Statement => ({ name, text });
const who = ask(`select current_user::text as role, coalesce(current_setting('app.tenant', true), '') as tenant`);

describe.skipIf(!server)('row-level security, for a login that owns the database', () => {
  let place: OwnedDatabase;
  let db: Database;
  const open = (changes: Partial<DatabaseConfig> = {}) =>
    openDatabase(
      { url: place.url, dataDir: '.', durability: 'fast', logSql: false, poolMax: 1, rowSecurityRole: place.tenantRole, ...changes },
      createLog('silent'),
    );

  beforeAll(async () => {
    place = await createOwnedDatabase(server!.url, { createRole: true });
    db = await open();
    await prepareSchema(db, { autoMigrate: true });
    for (const tenantId of ['a', 'b']) {
      const store = await storeFor(db, { tenantId });
      const { conversationId, messages } = await store.turns.save({
        user: 'ann',
        device: 'phone',
        session: 'one',
        messages: [{ role: 'user', content: `of ${tenantId}`, assets: [{ name: 'x', mimeType: 'text/plain', data: Buffer.from('x') }] }],
      });
      await store.tasks.create({ title: `of ${tenantId}`, conversationId, messageId: messages[0]!.id });
      await store.memories.remember({ content: `of ${tenantId}`, source: 'agent' } as never);
    }
  });
  afterAll(async () => {
    await db.close();
    await place[Symbol.asyncDispose]();
  });

  const tablesOfTenants = async (): Promise<string[]> => {
    const rows = await db.query<{ name: string }>(
      ask(
        `select distinct table_name::text as name from information_schema.columns
           where table_schema = 'public' and column_name = 'tenant_id' order by 1`,
        'tables_of_tenants',
      ),
      [],
    );
    return rows.map(({ name }) => name);
  };

  it('is forced on every table that has a tenant, and on the tenants, with a policy for the role and one for the owner', async () => {
    const tables = await tablesOfTenants();
    expect(tables.length).toBeGreaterThan(20);
    const rows = await db.query<{ name: string; forced: boolean; policies: string[] }>(
      ask(
        `select c.relname::text as name, c.relrowsecurity and c.relforcerowsecurity as forced,
                array(select p.polname || ' ' || array_to_string(p.polroles::regrole[], ',') || ' ' || coalesce(pg_get_expr(p.polqual, c.oid), '') || ' ' || coalesce(pg_get_expr(p.polwithcheck, c.oid), '')
                      from pg_policy p where p.polrelid = c.oid order by 1) as policies
         from pg_class c where c.relname = any($1::text[]) and c.relkind = 'r'`,
        'policies',
      ),
      [[...tables, 'tenants']],
    );
    expect(rows.map(({ name }) => name).sort()).toEqual([...tables, 'tenants'].sort());
    for (const { name, forced, policies } of rows) {
      const rule = `(${name === 'tenants' ? 'id' : 'tenant_id'} = NULLIF(current_setting('app.tenant'::text, true), ''::text))`;
      expect({ name, forced, policies }).toEqual({
        name,
        forced: true,
        policies: [`owner_rows ${place.owner} true true`, `tenant_rows ${place.tenantRole} ${rule} ${rule}`],
      });
    }
  });

  it('comes with a table that a later migration makes', async () => {
    const later = {
      name: '9999-later',
      up: (sql: (text: string) => Promise<void>) => sql('create table laters (tenant_id text not null, id int not null)'),
      down: (sql: (text: string) => Promise<void>) => sql('drop table laters'),
    };
    const known = [...migrations, later];
    expect(await migrateUp(db, {}, known)).toEqual(['9999-later']);
    try {
      expect(db.capabilities.rowSecurity).toBe(true);
      await db.query(ask(`insert into laters values ('a', 1), ('b', 2)`), []);
      expect(await db.forTenant('a').query(ask('select id from laters'), [])).toEqual([{ id: 1 }]);
    } finally {
      await migrateDown(db, {}, known);
    }
  });

  it('shows a tenant its own rows of every table, whatever a statement asks for, and lets it write no others', async () => {
    const filled: string[] = [];
    for (const table of [...(await tablesOfTenants()), 'tenants']) {
      const key = table === 'tenants' ? 'id' : 'tenant_id';
      const count = ask(
        `select count(*) filter (where ${key} = 'a')::int as a, count(*) filter (where ${key} = 'b')::int as b from ${table}`,
        `count_${table}`,
      );
      const [all] = await db.query<{ a: number; b: number }>(count, []);
      const [own] = await db.forTenant('a').query(count, []);
      expect(own, table).toEqual({ a: all!.a, b: 0 });
      if (all!.b > 0) filled.push(table);
      const copy = ask(
        `insert into ${table} select (jsonb_populate_record(null::${table}, to_jsonb(t) || '{"${key}":"b"}')).* from ${table} t`,
        `copy_${table}`,
      );
      const overriding = { ...copy, text: copy.text.replace(`into ${table} select`, `into ${table} overriding system value select`) };
      if (all!.a > 0) await expect(db.forTenant('a').query(overriding, []), table).rejects.toMatchObject({ code: '42501' });
      const move = ask(`update ${table} set ${key} = 'b'`, `move_${table}`);
      if (all!.a > 0) await expect(db.forTenant('a').query(move, []), table).rejects.toMatchObject({ code: '42501' });
    }
    expect(filled).toEqual(
      expect.arrayContaining(['conversations', 'messages', 'users', 'tasks', 'episodic_memories', 'message_events', 'tenants']),
    );
    const before = await db.query(ask('select count(*) from messages'), []);
    expect(await db.forTenant('a').query(ask(`delete from messages where tenant_id = 'b' returning id`), [])).toEqual([]);
    expect(await db.query(ask('select count(*) from messages'), [])).toEqual(before);
  });

  it("shows nothing to the role without a tenant, and lets it get at nothing that is not a tenant's", async () => {
    const asRole = (sql: string) =>
      db.transaction(async (transaction) => {
        await db.sequelize.query(`set local role ${place.tenantRole}`, { transaction });
        return (await db.sequelize.query(sql, { transaction }))[0];
      });
    expect(await asRole('select id from messages')).toEqual([]);
    expect(await asRole(`select set_config('app.tenant', '', true); select id from messages`)).toEqual([{ set_config: '' }]);
    for (const sql of [
      'select * from jobs',
      'select * from schema_migrations',
      `delete from tenants`,
      'truncate messages',
      'alter table messages disable row level security',
      'drop policy tenant_rows on messages',
    ])
      await expect(asRole(sql), sql).rejects.toMatchObject({ original: { code: '42501' } });
  });

  it('binds for one statement or transaction, and leaves nothing behind on the connection', async () => {
    const [a, b] = [db.forTenant('a'), db.forTenant('b')];
    const owner = { role: place.owner, tenant: '' };
    expect(await a.query(who, [])).toEqual([{ role: place.tenantRole, tenant: 'a' }]);
    expect(await db.query(who, [])).toEqual([owner]);
    expect(await b.query(who, [])).toEqual([{ role: place.tenantRole, tenant: 'b' }]);
    await expect(a.query(ask('select 1 / 0'), [])).rejects.toMatchObject({ code: '22012' });
    await expect(a.query(ask('selekt'), [])).rejects.toMatchObject({ code: '42601' });
    await expect(a.query(ask('select $1::int', 'bad_value'), ['x'])).rejects.toMatchObject({ code: '22P02' });
    expect(await db.query(who, [])).toEqual([owner]);
    const asOwner: Statement = { name: 'who_as_owner', text: `${who.text}, $1::text as given`, asOwner: true };
    await a.transaction(async (transaction) => {
      const bound = { role: place.tenantRole, tenant: 'a' };
      expect(await a.query(who, [], transaction)).toEqual([bound]);
      expect(await a.query(asOwner, ['a'], transaction)).toEqual([{ role: place.owner, tenant: 'a', given: 'a' }]);
      expect(await a.query(who, [], transaction)).toEqual([bound]);
    });
    await expect(
      a.transaction(async (transaction) => a.query({ ...asOwner, text: `select $1::int`, name: 'fails' }, ['a'], transaction)),
    ).rejects.toMatchObject({ code: '22P02' });
    expect(await db.query(who, [])).toEqual([owner]);
    expect(await a.query<{ n: string }>(ask('select n from generate_series(1, 3) n'), [])).toHaveLength(3);
  });

  it('refuses what would step out of a tenant: its transactions, its statements as owner, its database', async () => {
    const [a, b] = [db.forTenant('a'), db.forTenant('b')];
    await b.transaction((transaction) => expect(a.query(who, [], transaction)).rejects.toThrow('not begun for this tenant'));
    await db.transaction((transaction) => expect(a.query(who, [], transaction)).rejects.toThrow('not begun for this tenant'));
    await expect(a.query({ ...who, asOwner: true }, ['b'])).rejects.toThrow('for another tenant');
    expect(() => a.forTenant('b')).toThrow('not for another');
    await a.transaction((transaction) =>
      expect(a.query(who, []))
        .rejects.toThrow('outside of the transaction')
        .then(() => transaction),
    );
  });

  it('holds for models too, in and outside of transactions', async () => {
    const view = db.forTenant('a');
    const { User, Conversation, Message, Task } = bindModels(modelsOf(db), view.sequelize);
    const theirs = { where: { tenantId: 'b' } };
    expect(await Conversation.findAll(theirs)).toEqual([]);
    expect(await Message.count(theirs)).toBe(0);
    expect(await Conversation.sum('messageCount', theirs)).toBeFalsy();
    expect(await Task.update({ title: 'taken' }, theirs)).toEqual([0]);
    expect(await Task.destroy(theirs)).toBe(0);
    await expect(User.create({ tenantId: 'b', externalId: 'intruder' })).rejects.toMatchObject({ original: { code: '42501' } });
    const own = await Conversation.findOne({ where: { tenantId: 'a' }, rejectOnEmpty: true });
    await own.update({ title: 'renamed' });
    await own.reload();
    expect(own.title).toBe('renamed');
    expect((own.constructor as typeof Conversation).sequelize).toBe(view.sequelize);
    await view.transaction(async (transaction) => {
      expect(await Conversation.count({ where: { tenantId: 'a' }, transaction })).toBe(1);
      expect(await Conversation.count({ ...theirs, transaction })).toBe(0);
    });
    await db.transaction((transaction) =>
      expect(Conversation.count({ where: { tenantId: 'a' }, transaction })).rejects.toThrow('not begun for this tenant'),
    );
    // The owner's models are as they were.
    expect(await modelsOf(db).Conversation.count(theirs)).toBe(1);
  });

  it('is left alone when it is switched off, and everything works', async () => {
    const off = await open({ rowSecurity: 'off' });
    try {
      await prepareSchema(off, { autoMigrate: true });
      expect(off.capabilities.rowSecurity).toBe(false);
      expect(await off.forTenant('a').query(who, [])).toEqual([{ role: place.owner, tenant: '' }]);
      const store = await storeFor(off, { tenantId: 'a' });
      expect((await store.conversations.list({}, { limit: 10 })).items).toHaveLength(1);
    } finally {
      await off.close();
    }
  });

  it('refuses a login that the policies show nothing', async () => {
    const login = `reader_${place.owner}`;
    await place.admin(
      `create role ${login} login password 'own'`,
      `grant select, insert, update, delete on all tables in schema public to ${login}`,
    );
    const blind = await open({ url: Object.assign(new URL(place.url), { username: login }).href });
    try {
      await expect(prepareSchema(blind, { autoMigrate: true })).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('would see nothing'),
      });
    } finally {
      await blind.close();
      await place.admin(`drop owned by ${login}`, `drop role ${login}`);
    }
  });

  it('notices a policy of somebody else that opens a table', async () => {
    await place.admin('create policy open_house on tasks using (true)');
    try {
      expect(await db.rowSecurity()).toMatchObject({ on: false, problem: expect.stringContaining('tasks') });
    } finally {
      await place.admin('drop policy open_house on tasks');
    }
    expect(await db.rowSecurity()).toMatchObject({ on: true, problem: null });
  });
});

describe.skipIf(!server)('row-level security, for a login that may not make roles', () => {
  it('waits for an administrator, says what to do, and is there at the next start', async () => {
    await using place = await createOwnedDatabase(server!.url, { createRole: false });
    const open = (rowSecurity: 'auto' | 'require') =>
      openDatabase(
        { url: place.url, dataDir: '.', durability: 'fast', logSql: false, poolMax: 2, rowSecurityRole: place.tenantRole, rowSecurity },
        createLog('silent'),
      );
    const first = await open('auto');
    await prepareSchema(first, { autoMigrate: true });
    const state = await first.rowSecurity();
    expect(state).toMatchObject({
      on: false,
      problem: expect.stringContaining('may not make it'),
      hint: expect.stringContaining('create role'),
    });
    await storeFor(first, { tenantId: 'a' });
    await first.close();

    const strict = await open('require');
    await expect(prepareSchema(strict, { autoMigrate: true })).rejects.toMatchObject({ code: 'unavailable', hint: state!.hint });
    await place.admin(
      ...state!
        .hint!.replace(/^[^:]*: /, '')
        .split(';')
        .filter((part) => part.trim() !== ''),
    );
    await prepareSchema(strict, { autoMigrate: true });
    expect(strict.capabilities.rowSecurity).toBe(true);
    expect(await strict.forTenant('a').query(who, [])).toEqual([{ role: place.tenantRole, tenant: 'a' }]);
    await strict.close();
  });
});

describeEngines('a database in the hands of a tenant', (engine) => {
  it('has policies where the engine has a use for them, and the same manners everywhere', async () => {
    const [mine, theirs] = [await engine.freshTenant(), await engine.freshTenant()];
    expect(engine.db.capabilities.rowSecurity).toBe(engine.name === 'postgres');
    const view = engine.db.forTenant(mine);
    await expect(view.query({ ...who, asOwner: true }, [theirs])).rejects.toThrow('for another tenant');
    await engine.db.transaction((transaction) => expect(view.query(who, [], transaction)).rejects.toThrow('not begun for this tenant'));
  });
});
