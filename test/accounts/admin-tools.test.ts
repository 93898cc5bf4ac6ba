import { expect, it } from 'vitest';
import { SCOPES } from '../../src/principal.js';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';
import { signInTo } from '../support/sign-in.js';
import { storeFor } from '../support/store.js';

const TOOLS = ['list_accounts', 'list_login_attempts', 'unlock_account'];
const RIGHT = 'Violet7.Harbour';

describeEngines('tools for administrators', (engine) => {
  /** Two accounts, one of them locked out, in a tenant of their own. */
  const world = async () => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId, role: 'system' });
    const lockout = { attempts: 2, firstSeconds: 600, maxSeconds: 3600 };
    const { passwords, signIn } = signInTo(store, lockout, { address: '192.0.2.7' });
    const passwordHash = await passwords.hash(RIGHT);
    const ann = await store.accounts.create({ username: 'ann', email: 'ann@example.org', passwordHash, user: 'feishu:1' });
    await store.accounts.create({ username: 'bob', passwordHash, role: 'admin' });
    await signIn('ann', 'Wrong.Pass7word');
    await signIn('ann', 'Wrong.Pass7word');
    await signIn('nobody', 'Wrong.Pass7word');
    return { tenantId, store, ann, signIn };
  };

  it('show accounts and attempts, and unlock', async () => {
    const { tenantId, ann, signIn } = await world();
    await using admin = await agentFor(engine, { tenantId, role: 'admin' });
    const { accounts } = await admin.call('list_accounts');
    expect(accounts).toMatchObject([
      { id: ann.id, username: 'ann', email: 'ann@example.org', user: 'feishu:1', role: 'user', failed_attempts: 2 },
      { username: 'bob', role: 'admin', failed_attempts: 0 },
    ]);
    expect(Date.parse(accounts[0].locked_until)).toBeGreaterThan(Date.now());
    const first = await admin.call('list_accounts', { limit: 1 });
    const second = await admin.call('list_accounts', { limit: 1, cursor: first.next_cursor });
    expect([first.accounts[0].username, second.accounts[0].username, second.next_cursor]).toEqual(['ann', 'bob', null]);
    expect((await admin.call('list_accounts', { role: 'admin', query: 'b' })).accounts).toMatchObject([{ username: 'bob' }]);

    const { attempts } = await admin.call('list_login_attempts', { succeeded: false });
    expect(attempts.map(({ identifier, reason }: Record<string, unknown>) => [identifier, reason])).toEqual([
      ['nobody', 'unknown_name'],
      ['ann', 'wrong_password'],
      ['ann', 'wrong_password'],
    ]);
    expect(attempts[1]).toMatchObject({ username: 'ann', client: { address: '192.0.2.7' } });
    expect((await admin.call('list_login_attempts', { identifier: 'ANN', limit: 1 })).attempts).toHaveLength(1);

    expect(await signIn('ann', RIGHT)).toBe('locked');
    const { account } = await admin.call('unlock_account', { account: 'ann@example.org' });
    expect(account).toMatchObject({ username: 'ann', failed_attempts: 0 });
    expect(account).not.toHaveProperty('locked_until');
    expect(await signIn('ann', RIGHT)).toBe('in');
    expect(await admin.text('list_login_attempts')).toContain('"ann" signed in');
    expect(await admin.refusal('unlock_account', { account: 'eve' })).toContain('list_accounts');
  });

  it('show nothing of a password', async () => {
    const { tenantId } = await world();
    await using admin = await agentFor(engine, { tenantId, role: 'admin' });
    const shown = JSON.stringify([
      await admin.call('list_accounts'),
      await admin.call('list_login_attempts'),
      await admin.call('unlock_account', { account: 'ann' }),
      await Promise.all(['list_accounts', 'list_login_attempts'].map((tool) => admin.text(tool))),
    ]);
    expect(shown).not.toMatch(/\$2|hash|Wrong\.Pass|Violet/i);
  });

  it('are not there for anybody else, and never for one person', async () => {
    const { tenantId, store, signIn } = await world();
    const others = [{}, { user: 'feishu:1' }, { role: 'admin', scopes: new Set(SCOPES.filter((scope) => scope !== 'admin')) }] as const;
    for (const who of others) {
      await using agent = await agentFor(engine, { tenantId, ...who });
      const { tools } = await agent.client.listTools();
      expect(tools.map(({ name }) => name).filter((name) => TOOLS.includes(name))).toEqual([]);
      for (const name of TOOLS)
        await expect(agent.client.callTool({ name, arguments: { account: 'ann' } })).rejects.toThrow(`Unknown tool ${name}`);
    }
    expect((await store.accounts.get('ann')).lockedUntil).not.toBeNull();
    expect(await signIn('ann', RIGHT)).toBe('locked');
  });

  it('of another tenant know nothing of these accounts', async () => {
    const { ann, signIn } = await world();
    await using stranger = await agentFor(engine, { tenantId: await engine.freshTenant(), role: 'admin' });
    expect([await stranger.call('list_accounts'), await stranger.call('list_login_attempts')]).toEqual([
      { accounts: [], next_cursor: null },
      { attempts: [], next_cursor: null },
    ]);
    for (const account of ['ann', 'ann@example.org', ann.id])
      expect(await stranger.refusal('unlock_account', { account })).toContain(`No account ${JSON.stringify(account)}`);
    expect(await signIn('ann', RIGHT)).toBe('locked');
  });
});
