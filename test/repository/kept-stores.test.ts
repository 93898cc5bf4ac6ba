import { expect, it } from 'vitest';
import { type Principal, scopesOf } from '../../src/principal.js';
import { KeptStores } from '../../src/repository/kept-stores.js';
import type { Store } from '../../src/repository/store.js';
import { erasePerson } from '../../src/services/erasure.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const principalOf = (tenantId: string, user: string): Principal => ({ tenantId, user, role: 'user', scopes: scopesOf('user') });

describeEngines('stores that are kept', (engine) => {
  /** What was opened, by the name of who it was opened for. */
  const keep = (most: number) => {
    const opened: (string | null)[] = [];
    const stores = new KeptStores(async ({ tenantId, user, role }) => {
      opened.push(user);
      return storeFor(engine.db, { tenantId, role, ...(user !== null && { user }) });
    }, most);
    return { stores, opened };
  };
  const titlesOf = async ({ conversations }: Store) => (await conversations.list({}, { limit: 10 })).items.map(({ title }) => title);
  const say = ({ turns }: Store, title: string) => turns.save({ title, messages: [{ role: 'user', content: 'hello' }] });

  it('are no more than a number of them, and those that went go on working', async () => {
    const tenantId = await engine.freshTenant();
    const [most, many] = [10, 100];
    const { stores, opened } = keep(most);
    const names = Array.from({ length: many }, (_, at) => `user-${at}`);
    const first = await stores.of(principalOf(tenantId, names[0]!));
    await say(first, 'before');
    for (const name of names.slice(1)) await stores.of(principalOf(tenantId, name));
    expect(opened).toEqual(names);
    await say(first, 'after');

    for (const name of names.slice(-most)) await stores.of(principalOf(tenantId, name));
    expect(opened).toHaveLength(many);
    const again = await stores.of(principalOf(tenantId, names[0]!));
    expect(opened).toHaveLength(many + 1);
    expect(again).not.toBe(first);
    expect((await titlesOf(again)).sort()).toEqual(['after', 'before']);
  });

  it('stay as long as they are asked for', async () => {
    const tenantId = await engine.freshTenant();
    const { stores, opened } = keep(2);
    const [busy, rare, third] = ['busy', 'rare', 'third'].map((name) => principalOf(tenantId, name)) as [Principal, Principal, Principal];
    const store = await stores.of(busy);
    await stores.of(rare);
    await stores.of(busy);
    await stores.of(third);
    expect(await stores.of(busy)).toBe(store);
    await stores.of(rare);
    expect(opened).toEqual(['busy', 'rare', 'third', 'rare']);
  });

  it('are one for all who ask at once, and none for a principal with other rights', async () => {
    const tenantId = await engine.freshTenant();
    const { stores, opened } = keep(5);
    const principal = principalOf(tenantId, 'one');
    const [one, same] = await Promise.all([
      stores.of(principal),
      stores.of({ ...principal, scopes: new Set([...principal.scopes].reverse()) }),
    ]);
    expect(same).toBe(one);
    expect(await stores.of({ ...principal, scopes: new Set(['memories:read']) })).not.toBe(one);
    expect(opened).toEqual(['one', 'one']);
  });

  it('are opened again after a failure, and after their user was erased', async () => {
    const tenantId = await engine.freshTenant();
    let broken = true;
    const stores = new KeptStores(async ({ user }) => {
      if (broken) throw new Error('The database is away.');
      return storeFor(engine.db, { tenantId, user: user! });
    }, 5);
    const principal = principalOf(tenantId, 'somebody');
    await expect(Promise.all([stores.of(principal), stores.of(principal)])).rejects.toThrow('away');
    broken = false;
    const store = await stores.of(principal);
    expect(await stores.of(principal)).toBe(store);
    await erasePerson(store, 'somebody', { dryRun: false, confirm: 'somebody' });
    const anew = await stores.of(principal);
    expect(anew).not.toBe(store);
    expect(await titlesOf(anew)).toEqual([]);
  });
});
